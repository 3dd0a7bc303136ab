"""What the questionnaires' pages say in words that depend on the case."""

from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from xuequ.kit.questionnaires.changes import ChangeKind, FormChange


def change_text(change: FormChange) -> str:
    """Return in one sentence what changed about a question."""
    sentences = {
        ChangeKind.ADDED: _("New question: %(title)s"),
        ChangeKind.REMOVED: _("No longer asked: %(title)s"),
        ChangeKind.REWORDED: _("Worded anew: %(title)s"),
        ChangeKind.RULES: _("Other choices or rules: %(title)s"),
    }
    return sentences[change.kind] % {"title": change.title.said(get_language() or "zh-hans")}


def form_words() -> dict[str, str]:
    """Return the sentences that the form in the browser shows."""
    return {
        "restored": _(
            "Your answers from last time are here again. They are kept on this device only until you send them."
        ),
        "known": _("What the district knows already is filled in; please correct what is wrong."),
        "unsaved": _("This browser keeps nothing, so please send your answers before you close the page."),
        "sent": _("Thank you, your answers have arrived."),
        "offline": _(
            "There is no connection just now. Your answers are kept on this device "
            "and are sent as soon as the network is back."
        ),
        "changed": _(
            "The questionnaire was changed while you filled it in. Your answers are kept; "
            "please look at these questions and send again:"
        ),
        "complete": _("Send"),
        "next": _("Next page"),
        "back": _("Back"),
    }


def preview_words() -> dict[str, str]:
    """Return the same for a preview, which sends nothing."""
    words: dict[str, Any] = form_words()
    return words | {"sent": _("Everything is answered by the rules. This is a preview; nothing was sent.")}
