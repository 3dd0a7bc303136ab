"""The indicators that support publishes, each with its definition 口径."""

from django.utils.translation import gettext_lazy as _

from xuequ.core.figures import Text
from xuequ.core.registry import Good, IndicatorDefinition
from xuequ.record.choices import IndicatorAudience

_VISITS = _("problems written down on weekly visits; the run is named with each number")
_MONEY = _("decision on the special fund; the run is named with each number")
_PAIRS = _("acts of paired schools that both sides have confirmed")

GIVEN = ("amount_yuan", "hours_received")
"""What a school was given: money of the special fund and help of a partner."""

_ROWS: tuple[tuple[str, Text, Text, Text, Text], ...] = (
    (
        "open_issues", _("open problems of visits"),
        _("Problems written down on visits that are not verified as closed on the day of counting"),
        _("problems"), _VISITS,
    ),
    (
        "closed_in_4_weeks", _("share of problems closed in four weeks"),
        _(
            "Of the problems that were written down this school year at least four weeks before the day of counting,"
            " those verified as closed within four weeks; n is the number of problems judged"
        ),
        _("share"), _VISITS,
    ),
    (
        "amount_yuan", _("special fund given to the school"),
        _("Amount of the decision on the school year's round, standard part and projects together"),
        _("yuan"), _MONEY,
    ),
    (
        "hours_given", _("hours of digital assistance given"),
        _("Hours of confirmed acts in which the school helped a partner, in the school year"),
        _("hours"), _PAIRS,
    ),
    (
        "hours_received", _("hours of digital assistance received"),
        _("Hours of confirmed acts in which a partner helped the school, in the school year"),
        _("hours"), _PAIRS,
    ),
)  # fmt: skip


def definitions() -> tuple[IndicatorDefinition, ...]:
    """Return the catalogue entries."""
    return tuple(
        IndicatorDefinition(
            code=f"support.{code}", title=title, definition=definition, unit=unit, source=source,
            audience=IndicatorAudience.SCHOOL,
            good=Good.LESS if code == "open_issues" else None, given=code in GIVEN,
        )
        for code, title, definition, unit, source in _ROWS
    )  # fmt: skip
