"""What grounds, rules and states are called on the pages."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xuequ.core.figures import Text
from xuequ.core.registry import Ground, OnErasure, PersonalData, RuleStart
from xuequ.district.consents import Standing
from xuequ.district.rules import InForce

GROUNDS: dict[Ground, Text] = {
    Ground.DUTY: gettext_lazy("a legal duty"),
    Ground.STAFF: gettext_lazy("managing staff"),
    Ground.CONSENT: gettext_lazy("consent"),
}
EFFECTS: dict[OnErasure, Text] = {
    OnErasure.DELETE: gettext_lazy("is deleted"),
    OnErasure.CLEAR: gettext_lazy("names and texts are taken out, the rest stays under a random key"),
    OnErasure.KEEP: gettext_lazy("stays under a random key that leads to nobody"),
}
STANDINGS: dict[Standing, Text] = {
    Standing.OPEN: gettext_lazy("not answered"),
    Standing.GRANTED: gettext_lazy("agreed"),
    Standing.REFUSED: gettext_lazy("refused"),
}


def ground_words(ground: Ground) -> Text:
    """Return what a ground is called."""
    return GROUNDS[ground]


def time_words(entry: PersonalData, rules: dict[str, InForce]) -> str:
    """Return how long a class of data is kept, with the number in force where a rule sets one."""
    rule = rules.get(entry.rule)
    if rule is None:
        return str(entry.retention)
    said = {"words": entry.retention, "time": rule.words}
    if rule.rule.start == RuleStart.LEFT:
        return _("%(words)s: %(time)s after leaving") % said
    return _("%(words)s: %(time)s after it was settled") % said
