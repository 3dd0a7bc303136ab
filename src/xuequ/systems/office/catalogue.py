"""The indicators that the data office publishes: facts of process that no other system counts, with their 口径."""

from django.utils.translation import gettext_lazy as _

from xuequ.core.registry import Good, IndicatorDefinition
from xuequ.record.choices import IndicatorAudience

ATTENDANCE = "office.attendance-share"
BORROWED = "office.books-borrowed"

DEFINITIONS = (
    IndicatorDefinition(
        code=ATTENDANCE,
        title=_("attendance rate"),
        definition=_(
            "Days attended over days on which school was held, summed over the pupils enrolled; days of illness and"
            " leave count as not attended"
        ),
        unit=_("share"),
        source=_("attendance ledgers of the schools, gathered by the data office after each school year"),
        audience=IndicatorAudience.SCHOOL,
        good=Good.MORE,
    ),
    IndicatorDefinition(
        code=BORROWED,
        title=_("books borrowed by a pupil"),
        definition=_(
            "Books lent to pupils by the school's library and class libraries in the school year over the pupils"
            " enrolled at its end; textbooks are not counted"
        ),
        unit=_("books"),
        source=_("library ledgers of the schools, gathered by the data office after each school year"),
        audience=IndicatorAudience.SCHOOL,
        good=Good.MORE,
    ),
)
