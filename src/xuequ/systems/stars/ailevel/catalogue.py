"""The indicators of the level of AI education, each with its definition 口径."""

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from xuequ.core.registry import Good, IndicatorDefinition
from xuequ.record.choices import IndicatorAudience

LEVEL = "stars.ai_level"
DIMENSIONS = {
    "hours": _("hours"),
    "teachers": _("teachers"),
    "courses": _("courses"),
    "rooms": _("rooms and equipment"),
    "use": _("use"),
    "clubs": _("clubs and contests"),
}
"""The dimensions that other systems may read, whatever else a scheme holds."""
_SOURCE = _("fuzzy evaluation of the level of AI education; the run is named with each number")


def dimension_code(code: str) -> str:
    """Return the catalogue code of a dimension's score."""
    return f"stars.ai_{code}"


def definitions() -> tuple[IndicatorDefinition, ...]:
    """Return the catalogue entries: the whole and each dimension."""
    whole = IndicatorDefinition(
        code=LEVEL,
        title=_("level of AI education"),
        definition=_(
            "Score of the fuzzy evaluation: memberships in grades, weighed, times what each grade counts;"
            " the range is what other weights and raters would give"
        ),
        unit=_("points of 100"),
        source=_SOURCE,
        audience=IndicatorAudience.SCHOOL,
        good=Good.MORE,
    )
    return (whole, *(_dimension(code, title) for code, title in DIMENSIONS.items()))


def _dimension(code: str, title: object) -> IndicatorDefinition:
    return IndicatorDefinition(
        code=dimension_code(code),
        title=format_lazy(_("level of AI education: {dimension}"), dimension=title),
        definition=_(
            "Score of the dimension in the fuzzy evaluation of the level of AI education; the range is what other"
            " weights within it and other raters would give, and measured values are taken as they are"
        ),
        unit=_("points of 100"),
        source=_SOURCE,
        audience=IndicatorAudience.SCHOOL,
    )
