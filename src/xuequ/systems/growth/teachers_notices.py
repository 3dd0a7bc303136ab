"""What waits for teachers and schools while the values are unlocked, as notices of the home page: none while locked."""

from collections.abc import Iterable
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext_noop

from xuequ.core import clock
from xuequ.district.choices import Role
from xuequ.district.models import School, Teacher
from xuequ.kit.notices.actions import notify, resolve
from xuequ.systems.growth.models import TaughtClass, TeacherGrowth

CLASSES, SCHOOL, VALUE = "teachers-classes", "teachers-school", "teachers-value"
AGREERS = (Role.HEAD, Role.SCHOOL_ADMINISTRATOR)


def ask_teachers(teachers: Iterable[int]) -> None:
    """Ask these teachers (by primary key) which classes they taught, as far as they can sign in."""
    rows = Teacher.objects.filter(pk__in=set(teachers), person__account__isnull=False)
    for teacher in rows.select_related("person__account"):
        account = teacher.person.account
        assert account is not None
        notify(
            kind=CLASSES,
            message=gettext_noop("Which classes did you teach? Please check."),
            about=teacher.uid,
            accounts=[account],
            url=reverse("growth:teachers-classes"),
        )


def answered(teacher: Teacher) -> None:
    """Let the question vanish when nothing of the teacher's is left to confirm."""
    if not TaughtClass.objects.filter(teacher=teacher, confirmed=None).exists():
        resolve(about=teacher.uid, kind=CLASSES)


def ask_schools(schools: Iterable[int]) -> None:
    """Ask these schools (by primary key) to check what waits for them; the question vanishes when nothing does."""
    for school in School.objects.filter(pk__in=set(schools)):
        waiting = TaughtClass.objects.filter(
            school_class__school=school, confirmed__isnull=False, agreed=None
        )
        if not waiting.exists():
            resolve(about=school.uid, kind=SCHOOL)
            continue
        notify(
            kind=SCHOOL,
            message=gettext_noop("Teachers have confirmed which classes they taught. Please check."),
            about=school.uid,
            roles=AGREERS,
            school=school,
            url=reverse("growth:teachers-schools"),
        )


def tell(values: Iterable[TeacherGrowth]) -> None:
    """Put on the teachers' home pages that a value is there, and keep when; who cannot sign in is told later."""
    for value in values:
        account = value.teacher.person.account
        if account is None:
            continue
        notify(
            kind=VALUE,
            message=gettext_noop("Your pupils' growth, for you first: nobody else can read it yet."),
            about=value.uid,
            accounts=[account],
            url=reverse("growth:teachers-mine"),
        )
        value.notified = clock.now()
        value.save(update_fields=["notified"])


def read(value: TeacherGrowth) -> None:
    """Let the notice of a value vanish."""
    resolve(about=value.uid, kind=VALUE)


def clear_values() -> None:
    """Let the notices of all values vanish, before the values go."""
    resolve(about=list(TeacherGrowth.objects.values_list("uid", flat=True)), kind=VALUE)


def clear() -> None:
    """Let every notice of teacher-level values vanish, before the rows that they are about go."""
    clear_values()
    about: set[UUID] = set(TaughtClass.objects.values_list("teacher__uid", flat=True))
    resolve(about=about, kind=CLASSES)
    resolve(about=set(TaughtClass.objects.values_list("school_class__school__uid", flat=True)), kind=SCHOOL)
