"""An alert as a page: what changed, what to ask, and the years behind it."""

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from xuequ.core.reports import Block, CellRef, FigureBlock, Lead, Note, Sentence, Step, Steps
from xuequ.systems.growth import analysis_pictures as pictures
from xuequ.systems.growth.analysis_pictures import TrendLine
from xuequ.systems.growth.choices import Trend

BELOW = gettext_noop(
    "In %(period)s growth was %(effect)s SD, while %(expected)s SD was to be expected after the school's own earlier"
    " years: less than its past foretells."
)
ABOVE = gettext_noop(
    "In %(period)s growth was %(effect)s SD, while %(expected)s SD was to be expected after the school's own earlier"
    " years: more than its past foretells."
)
ASK_BELOW = (
    gettext_noop("Who sat the test, and who did not? Compare the lists of both years."),
    gettext_noop(
        "What changed: teachers of the grade, classes put together anew, timetable, building work, a new programme?"
    ),
    gettext_noop(
        "Which classes and which groups of pupils came less far than before? The school's report shows them."
    ),
)
ASK_ABOVE = (
    gettext_noop("Who sat the test, and who did not? Compare the lists of both years."),
    gettext_noop("What was done differently this year, and by whom?"),
    gettext_noop("Would another school be able to do the same? Write it down so that it can."),
)
CHANCE = gettext_noop(
    "About one school in twenty leaves its range by chance alone. An alert is a reason to ask and no judgement."
)


def alert_blocks(line: TrendLine) -> tuple[Block, ...]:
    """Return the page of an alert about the school whose years ``line`` holds."""
    below = line.said == Trend.BELOW
    last = line.points[-1].period
    cells = {name: CellRef("own-trend", last, name) for name in ("period", "effect", "expected")}
    questions: Sequence[str] = ASK_BELOW if below else ASK_ABOVE
    return (
        Lead(Sentence(BELOW if below else ABOVE, cells)),
        Steps(_("Suggested visit or call: what to ask"), tuple(Step(Sentence(text)) for text in questions)),
        FigureBlock(pictures.own_trend(line)),
        Note((Sentence(CHANCE),)),
    )
