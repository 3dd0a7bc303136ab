"""A teacher's value in words with its range; what it does not say stands beside it."""

from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from xuequ.systems.growth.choices import TeacherReason
from xuequ.systems.growth.models import TeacherGrowth


@dataclass(frozen=True, slots=True)
class ValueInWords:
    """What the teacher, and later the head, reads."""

    sentence: str
    span: str
    basis: str
    stability: str


def in_words(found: TeacherGrowth, stability: dict[str, Any]) -> ValueInWords:
    """Put a value into words: first whether it can be told from the own school's average at all."""
    if found.value is None or found.low is None or found.high is None:
        reason = TeacherReason(found.code).label if found.code else ""
        sentence = _("No value is given: %(reason)s.") % {"reason": reason}
        return ValueInWords(sentence, "", _basis(found), "")
    return ValueInWords(_sentence(found.low, found.high), _span(found), _basis(found), _stable(stability))


def _sentence(low: float, high: float) -> str:
    if low > 0:
        return _("The pupils came further than the average of the school, also when chance is counted.")
    if high < 0:
        return _("The pupils came less far than the average of the school, also when chance is counted.")
    return _("The growth of these pupils cannot be told from the school's average.")


def _span(found: TeacherGrowth) -> str:
    ends = [_side(value) for value in (found.low, found.high) if value is not None]
    return _("With 95 in 100 certainty it lies between %(low)s and %(high)s.") % {
        "low": ends[0],
        "high": ends[1],
    }


def _side(value: float) -> str:
    size = number_format(abs(value), 2)
    if value < 0:
        return _("%(size)s standard deviations below the school's average") % {"size": size}
    return _("%(size)s standard deviations above the school's average") % {"size": size}


def _basis(found: TeacherGrowth) -> str:
    if not found.periods:
        return ""
    return _("From %(n)d pupils in %(years)s.") % {"n": found.n, "years": "、".join(found.periods)}


def _stable(stability: dict[str, Any]) -> str:
    if stability.get("correlation") is None:
        return _(
            "Too few teachers have two years to say how much such values change from one year to the next."
        )
    return _(
        "Of %(pairs)d teachers here, this year's figure and the year before correlate by %(r)s (from %(low)s to"
        " %(high)s); 1 would be the same each year, 0 pure chance."
    ) % {
        "pairs": stability["pairs"],
        "r": number_format(stability["correlation"], 2),
        "low": number_format(stability["low"], 2),
        "high": number_format(stability["high"], 2),
    }
