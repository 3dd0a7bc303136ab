"""A roster is stored over an earlier one: pupils come, move, leave; guardians, teachers and lessons with them."""

from collections.abc import Iterator

from django.db.models import Model

from tests import factories as make
from tests.crash.moments.case import Answered, State
from tests.kit.score_sheets import workbook
from xuequ.district.actions import ensure_subjects, ensure_year
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import (
    Area,
    ClassTeaching,
    Employment,
    Enrolment,
    Guardianship,
    Identity,
    Person,
    Pupil,
    RoleAssignment,
    School,
    SchoolClass,
    Teacher,
    TeachingAssignment,
)
from xuequ.kit.roster import actions
from xuequ.kit.roster.options import Options
from xuequ.record.models import Factor, FactorKind, ImportBatch

OPTIONS = Options("2025-2026", "2026-03-02")
CLASSES, SCHOOLS, SUBJECTS = 20, 4, ("语文", "数学", "英语")
Table = list[list[object]]


def place(number: int) -> tuple[str, str]:
    """Return the school and class with this number."""
    school, row = number % SCHOOLS, number // SCHOOLS % (CLASSES // SCHOOLS)
    return f"虚构第{school + 1}小学", f"{2025 - row}级1班"


def sheets(pupils: range, later: bool) -> list[Table]:
    """Return a whole roster; the ``later`` one differs from the first in every way that is no question."""
    return [
        [["学校标识码", "学校名称", "学段", "片区"], *_schools(later)],
        [["学校", "班级", "班主任工号"], *_classes(later)],
        [["学校", "班级", "姓名", "学籍号", "性别", "出生日期"], *_pupils(pupils, later)],
        [["学校", "姓名", "工号", "性别", "手机"], *_teachers(later)],
        [["学校", "班级", "学科", "教师", "工号"], *_lessons(later)],
        [["学籍号", "家长姓名", "关系", "电话"], *_guardians(pupils, later)],
    ]


def _schools(later: bool) -> Iterator[list[object]]:
    for school in range(SCHOOLS):
        yield [f"{9_100_000_000 + school}", f"虚构第{school + 1}小学", "小学", "东片" if later else "西片"]


def _classes(later: bool) -> Iterator[list[object]]:
    for number in range(CLASSES):
        yield [*place(number), f"T{(number + 4 * later) % 40:05d}"]


def _pupils(pupils: range, later: bool) -> Iterator[list[object]]:
    for i in pupils:
        moved = later and i % 7 == 0
        born = f"2016-0{1 + (later and i % 11 == 0)}-01"
        sex = "男女"[(i + (later and i % 13 == 0)) % 2]
        yield [*place(i + moved), f"生{i}", f"G{i:08d}", sex, born]


def _teachers(later: bool) -> Iterator[list[object]]:
    for i in range(40):
        phone = f"13900{i + 100 * (later and i % 5 == 0):06d}"
        yield [f"虚构第{i % SCHOOLS + 1}小学", f"师{i}", f"T{i:05d}", "男女"[i % 2], phone]


def _lessons(later: bool) -> Iterator[list[object]]:
    for number in range(CLASSES):
        for place_, subject in enumerate(SUBJECTS):
            i = (number + 4 * (place_ + later)) % 40
            yield [*place(number), subject, f"师{i}", f"T{i:05d}"]


def _guardians(pupils: range, later: bool) -> Iterator[list[object]]:
    for i in pupils:
        relation = "父亲" if later and i % 3 == 0 else "母亲"
        yield [f"G{i:08d}", f"长{i // 2}", relation, f"13800{i // 2 + 50_000 * (later and i % 10 == 4):06d}"]


class RosterCase:
    """The second of two rosters; whole lists, so that whoever is missing leaves."""

    name = "roster"
    transactions = 2  # everything is stored; it can be found

    def __init__(self, pupils: int = 320) -> None:
        self.pupils = pupils
        self.actor: Actor
        self.batch: ImportBatch

    def build(self) -> None:
        make.make_district()
        ensure_subjects()
        ensure_year(2025)
        FactorKind.objects.create(code="sex", name="性别", name_en="Sex")
        self.actor = make.make_actor(Role.DATA_OFFICER)
        names = ["学校", "班级", "学生", "教师", "任教", "家长"]
        first = workbook(*sheets(range(self.pupils), later=False), names=names)
        self.batch = self._checked(first, OPTIONS)
        self._store()
        for teacher in Person.objects.filter(teacher__isnull=False).order_by("pk")[:8]:
            make.bind(teacher, make.make_account())
        ran = range(self.pupils // 50, self.pupils + self.pupils // 4)
        complete = Options(OPTIONS.school_year, "2026-04-01", complete=True)
        self.batch = self._checked(workbook(*sheets(ran, later=True), names=names), complete)
        assert actions.may_be_confirmed(self.batch), (self.batch.problems[:3], self.batch.questions[:3])

    def _checked(self, file: object, options: Options) -> ImportBatch:
        batch = actions.upload(actor=self.actor, file=file, options=options)
        return actions.check(actor=self.actor, batch=batch)

    def work(self, answered: Answered, done: int = 0) -> None:
        self._store()
        answered()

    def _store(self) -> None:
        """Store as the worker does."""
        actions.index_stored(actions.confirm(actor=self.actor, batch=self.batch, agreed=True))

    def undo(self) -> bool:
        actions.undo(actor=self.actor, batch=self.batch)
        return True

    def in_force(self) -> State:
        return self.facts()

    def facts(self) -> State:
        names = {row.person_id: str(sorted(row.fields.items())) for row in Identity.objects.all()}
        return {
            "areas": sorted(Area.objects.values_list("name", flat=True)),
            "schools": sorted(map(str, School.objects.values_list("code", "name", "area__name"))),
            "classes": sorted(
                map(str, SchoolClass.objects.values_list("school__code", "entry_year", "number"))
            ),
            "people": sorted(names.values()),
            **{model.__name__: _told(model, fields, names) for model, fields in TOLD.items()},
        }


CLASS = ("school_class__school__code", "school_class__entry_year", "school_class__number")
SPAN = ("start", "end")
TOLD: dict[type[Model], tuple[str, ...]] = {
    Pupil: ("person_id", "sourced_id"),
    Enrolment: ("pupil__person_id", "school__code", *CLASS, *SPAN, "ended"),
    Factor: ("pupil__person_id", "text", *SPAN),
    Teacher: ("person_id", "sourced_id", "school__code"),
    Employment: ("teacher__person_id", "school__code", *SPAN, "ended"),
    TeachingAssignment: ("teacher__person_id", *CLASS, "subject__code", *SPAN),
    ClassTeaching: ("teacher__person_id", *CLASS, *SPAN),
    RoleAssignment: ("account_id", "role", *CLASS, *SPAN),
    Guardianship: ("pupil__person_id", "guardian_id", "relation", *SPAN),
}
"""The facts of each table; persons stand in them by their names and numbers, for their keys are random."""
PERSONS = ("person_id", "guardian_id")


def _told(model: type[Model], fields: tuple[str, ...], names: dict[int, str]) -> list[str]:
    people = [place for place, field in enumerate(fields) if field.endswith(PERSONS)]
    lines = []
    for row in model._default_manager.values_list(*fields):
        cells = list(row)
        for place_ in people:
            cells[place_] = names[cells[place_]]
        lines.append(str(cells))
    return sorted(lines)
