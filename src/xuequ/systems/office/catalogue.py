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
            " leave count as not attended; months weigh by their pupils, and by school days where all months name them"
        ),
        unit=_("share"),
        source=_(
            "monthly attendance ledgers of the schools, brought in by the data office; pupils from the roster"
        ),
        audience=IndicatorAudience.SCHOOL,
        good=Good.MORE,
    ),
    IndicatorDefinition(
        code=BORROWED,
        title=_("books borrowed by a pupil"),
        definition=_(
            "Books lent to pupils by the school's library and class libraries in a month over the pupils enrolled at"
            " its end, summed over the months of the school year; textbooks are not counted; no value where a month is"
            " missing"
        ),
        unit=_("books"),
        source=_(
            "monthly library ledgers of the schools, brought in by the data office; pupils from the roster"
        ),
        audience=IndicatorAudience.SCHOOL,
        good=Good.MORE,
    ),
)
