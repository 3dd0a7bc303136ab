"""The indicators that projects and equipment publish, each with its definition 口径."""

from django.utils.translation import gettext_lazy as _

from xuequ.core.figures import Text
from xuequ.core.registry import Good, IndicatorDefinition
from xuequ.record.choices import IndicatorAudience

MULTIMEDIA_ROOMS = "programmes.multimedia_rooms"
EQUIPMENT_VALUE = "programmes.equipment_value_yuan"
AI_ROOMS = "programmes.ai_rooms"
IDLE_RATE = "programmes.idle_rate"
AI_LESSONS = "programmes.ai_lessons_per_term"
AI_CLASS_LESSONS = "programmes.ai_lessons_per_class"

_SOURCE = _("ledger of rooms and equipment, on the day of the run; the run is named with each number")


def _number(
    code: str, title: Text, definition: Text, unit: Text, good: Good | None = None
) -> IndicatorDefinition:
    """Return a number of the ledger: every school sees its own, with the same source."""
    return IndicatorDefinition(
        code=code,
        title=title,
        definition=definition,
        unit=unit,
        source=_SOURCE,
        audience=IndicatorAudience.SCHOOL,
        good=good,
    )


INDICATORS = (
    _number(
        code=MULTIMEDIA_ROOMS,
        title=_("networked multimedia classrooms"),
        definition=_(
            "Rooms in use that are online and can show material to a whole class, whatever else they are for"
        ),
        unit=_("rooms"),
    ),
    _number(
        code=EQUIPMENT_VALUE,
        title=_("value of teaching equipment"),
        definition=_(
            "Original value of the equipment that the school owns, lent pieces included, without software licences"
            " and without what was scrapped; an entry without a value adds nothing, n counts those with one"
        ),
        unit=_("yuan"),
    ),
    _number(
        code=AI_ROOMS,
        title=_("AI classrooms"),
        definition=_("AI classrooms in use"),
        unit=_("rooms"),
    ),
    _number(
        code=IDLE_RATE,
        title=_("idle rate of equipment"),
        definition=_(
            "Entries of the ledger not used in the last 90 days (no tap, no use of their room, no booking), over the"
            " entries that were there all the time; a set counts once; licences and what is lent, in repair or scrapped"
            " are left out. The range comes from the newest spot check, drawn at random"
        ),
        unit=_("share"),
        good=Good.LESS,
    ),
    _number(
        code=AI_LESSONS,
        title=_("AI lessons in a term"),
        definition=_(
            "Lessons by bookings of AI classrooms for AI lessons that were not cancelled, in the weaker of the year's"
            " finished terms; while the first term runs, lessons held so far. Lessons of all classes together"
        ),
        unit=_("lessons"),
        good=Good.MORE,
    ),
    _number(
        code=AI_CLASS_LESSONS,
        title=_("AI lessons of a class in a term"),
        definition=_(
            "Mean over the classes that bookings of AI classrooms for AI lessons name, in the weaker of the year's"
            " finished terms; while the first runs, lessons held so far; n counts the classes. The range ends where all"
            " lessons that name no class would be theirs; classes that no booking names are not known and left out"
        ),
        unit=_("lessons"),
    ),
)
