"""The indicators that stars publish, each with its definition 口径."""

from django.utils.translation import gettext_lazy as _

from xuequ.core.registry import Good, IndicatorDefinition
from xuequ.record.choices import IndicatorAudience

AWARD = "stars.award"
IMPROVED = "stars.improved"
DISTRICT_SCORE = "stars.district_score"
SHORTFALL = "stars.shortfall_yuan"


def definitions() -> tuple[IndicatorDefinition, ...]:
    """Return the catalogue entries."""
    return (
        IndicatorDefinition(
            code=AWARD,
            title=_("star awarded by the city"),
            definition=_(
                "The star that the city's latest document up to the school year gives the school; 0 without one."
                " The district's own rating and its pre-assessment play no part in it"
            ),
            unit=_("star"),
            source=_("the city's documents, recorded with number and day"),
            audience=IndicatorAudience.SCHOOL,
            good=Good.MORE,
        ),
        IndicatorDefinition(
            code=IMPROVED,
            title=_("stars gained since the last school year"),
            definition=_("The star awarded in the school year less that of the school year before"),
            unit=_("stars"),
            source=_("the city's documents, recorded with number and day"),
            audience=IndicatorAudience.SCHOOL,
        ),
        IndicatorDefinition(
            code=DISTRICT_SCORE,
            title=_("the district's rating of the smart campus"),
            definition=_(
                "Settled points over full points, times 100, of schools that were rated a second time; the interval is"
                " that of the raters' mean, with the spread between raters pooled over the round"
            ),
            unit=_("out of 100"),
            source=_("the round of the school year; schools without a second rating have none"),
            audience=IndicatorAudience.SCHOOL,
        ),
        IndicatorDefinition(
            code=SHORTFALL,
            title=_("cost of the cheapest path to the next star"),
            definition=_(
                "Sum of the scheme's cost estimates over the cheapest set of improvements that reaches the next star"
                " from the settled points, found exactly; none at the highest star or where no set reaches it"
            ),
            unit=_("yuan"),
            source=_("the round of the school year and the scheme's estimates"),
            audience=IndicatorAudience.SCHOOL,
        ),
    )
