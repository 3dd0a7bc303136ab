"""What each role may see and do, in words; ``docs/explanation/who-sees-what.md`` says the same at length."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xuequ.core.figures import Text
from xuequ.district.choices import Role
from xuequ.district.models import RoleAssignment

MEANING: dict[str, Text] = {
    Role.BUREAU_LEADER: gettext_lazy(
        "sees the figures of all schools and classes of the district or an area, no single pupil"
    ),
    Role.DISTRICT_OFFICER: gettext_lazy(
        "sees the figures of all schools and classes and of external studies, brings in results; no single pupil"
    ),
    Role.RESEARCHER: gettext_lazy(
        "sees the figures of all schools and classes and of external studies, brings in results; no single pupil"
    ),
    Role.HEAD: gettext_lazy(
        "sees everything of the own school, with the pupils enrolled now, and looks after its accounts"
    ),
    Role.SCHOOL_ADMINISTRATOR: gettext_lazy(
        "sees everything of the own school, keeps its roster and accounts, brings in its results"
    ),
    Role.MORAL_EDUCATION: gettext_lazy("sees everything of the own school, with the pupils enrolled now"),
    Role.YEAR_HEAD: gettext_lazy("sees the classes and pupils of one grade of the own school"),
    Role.SUBJECT_HEAD: gettext_lazy("sees the figures of the classes of the own school, no single pupil"),
    Role.CLASS_TEACHER: gettext_lazy("sees the own class and its pupils"),
    Role.TEACHER: gettext_lazy("sees the classes taught now and their pupils, as the timetable says"),
    Role.DATA_OFFICER: gettext_lazy(
        "keeps roster, accounts and results: of the school, or of the whole district when no school is chosen"
    ),
    Role.FINANCE: gettext_lazy("sees money matters, no school's results and no pupil"),
    Role.SUPERVISOR: gettext_lazy(
        "sees the figures of all schools and classes of the district or an area, no single pupil"
    ),
    Role.EXPERT: gettext_lazy("sees what is given to review, nothing else"),
    Role.OUTSIDE_INSTRUCTOR: gettext_lazy("sees the own courses, no school's results and no pupil's"),
    Role.PUPIL: gettext_lazy("sees the own results, in levels and words"),
    Role.GUARDIAN: gettext_lazy("sees the own children's results, in levels and words"),
    Role.SYSTEM_ADMINISTRATOR: gettext_lazy(
        "looks after accounts, background work, audit and backups; sees no results and no pupil"
    ),
}


def place_words(row: RoleAssignment) -> str:
    """Return where a role holds: "虚构第一中学 · 2024级1班", or the whole district."""
    school = row.school or (row.school_class.school if row.school_class else None)
    words = [str(part) for part in (row.area, school, row.school_class, row.subject) if part is not None]
    if row.entry_year and not row.school_class:
        words.append(_("entry %(year)s") % {"year": row.entry_year})
    return " · ".join(words) or _("whole district")
