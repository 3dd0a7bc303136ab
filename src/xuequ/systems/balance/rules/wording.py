"""What differs between two versions of the rules, in words: the document's keys are for programs."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from xuequ.core.figures import Text
from xuequ.systems.balance.catalogue import FACTS
from xuequ.systems.balance.wording import READINGS, STAGES

_KEYS: Mapping[str, Text] = {
    "threshold": _("threshold"),
    "cv": _("limit of the coefficient"),
    "status": _("compared with the document"),
    "may_miss": _("items that a school may miss"),
    "floor": _("share of the threshold that a missed item must reach"),
    "share": _("share of schools that must comply"),
    "retention_reading": _("reading of the retention rate"),
    "conditions": _("condition"),
    "name": _("name"),
    "note": _("remark"),
    "all": pgettext_lazy("rules", "all stages"),
    **STAGES,
}
_VALUES: Mapping[str, Text] = {"verified": _("verified"), "to-confirm": _("to confirm"), **READINGS}


def difference_words(where: str, before: str, after: str) -> tuple[str, str, str]:
    """Return one difference with the words for its keys and values; what has none stays as it is written.

    >>> difference_words("R1 primary threshold", "4.2", "4.5")[1:]
    ('4.2', '4.5')
    """
    return " · ".join(_key(word) for word in where.split()), _value(before), _value(after)


def _key(word: str) -> str:
    return str(FACTS[word].label if word in FACTS else _KEYS.get(word, word))


def _value(text: str) -> str:
    plain = text.strip('"')
    return str(_VALUES.get(plain, plain))
