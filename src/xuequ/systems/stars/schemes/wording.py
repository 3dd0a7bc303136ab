"""What the engine's errors about a scheme say to people."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xuequ.core.figures import Text
from xuequ.engines.errors import InputError

_REASONS: dict[str, Text] = {
    "bad-scheme": gettext_lazy("something that is needed is missing or has the wrong shape"),
    "unknown-key": gettext_lazy("this key is not known"),
    "not-a-number": gettext_lazy("a number is needed"),
    "not-a-text": gettext_lazy("a text is needed"),
    "not-yes-or-no": gettext_lazy("true or false is needed"),
    "unknown-word": gettext_lazy("this word is not one of those that may stand here"),
    "bad-points": gettext_lazy(
        "these points cannot be given: they must lie between 0 and the full points, in whole steps, and the highest"
        " level has the full points"
    ),
    "bad-cost": gettext_lazy("cost and days must be 0 or more"),
    "duplicate-code": gettext_lazy("it stands twice"),
    "unknown-item": gettext_lazy("the scheme has no such item"),
    "unknown-option": gettext_lazy("an improvement requires one that does not exist"),
    "same-item": gettext_lazy("an improvement cannot require another of the same item"),
    "cycle": gettext_lazy("improvements require each other in a circle"),
    "unknown-dimension": gettext_lazy("the scheme has no such dimension"),
    "not-a-veto": gettext_lazy("this is no veto item"),
    "bad-order": gettext_lazy("stars stand from the lowest to the highest and their cut-offs rise"),
    "not-solved": gettext_lazy("no path was found in the time allowed"),
    "lowers": gettext_lazy("an improvement gives fewer points than there are"),
    "too-high": gettext_lazy("this lies above the full points"),
}


def error_text(error: InputError) -> str:
    """Return the sentence for an error of the engine: where, what, why."""
    reason = str(_REASONS.get(error.code, error.message))
    place = error.column or _("the scheme")
    if error.value:
        return _("%(place)s, “%(value)s”: %(reason)s.") % {
            "place": place,
            "value": error.value,
            "reason": reason,
        }
    return _("%(place)s: %(reason)s.") % {"place": place, "reason": reason}
