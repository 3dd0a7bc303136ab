"""The statistics table of a year is stored over an earlier one: some figures are new, some replaced."""

from tests import factories as make
from tests.crash.moments.case import Answered, State
from tests.systems.balance.conftest import AMPLE, table_rows, workbook
from xuequ.district.actors import Actor
from xuequ.district.choices import Role, Stage
from xuequ.district.models import SchoolYear
from xuequ.record.models import ImportBatch
from xuequ.systems.balance.choices import ValueState
from xuequ.systems.balance.imports import actions
from xuequ.systems.balance.models import Value

FIELDS = ("school__name", "part", "fact", "number", "source", "state", "corrects__number")


class BalanceCase:
    """The second of two tables: half of the schools for the first time, the others with two figures changed."""

    name = "balance"
    transactions = 1

    def __init__(self, schools: int = 40) -> None:
        self.schools = schools
        self.actor: Actor
        self.batch: ImportBatch

    def build(self) -> None:
        make.make_district()
        year = make.make_year(2025)
        self.actor = make.make_actor(Role.DISTRICT_OFFICER)
        names = [f"虚构第{n}小学" for n in range(self.schools)]
        for name in names:
            school = make.make_school(name, stage=Stage.PRIMARY)
            make.make_pupils(make.make_class(school, entry_year=2024, entry_grade=1), 2)
        self.batch = self._checked(year, names[: self.schools // 2], {})
        self.work(lambda: None)
        later = {fact: AMPLE[fact] + 1 for fact in ("multimedia_rooms", "teachers_bachelor")}
        self.batch = self._checked(year, names, later)
        assert actions.may_be_stored(self.batch), (self.batch.problems[:3], self.batch.questions[:3])

    def _checked(self, year: SchoolYear, names: list[str], changes: dict[str, object]) -> ImportBatch:
        rows = table_rows(*((name, changes) for name in names))
        return actions.upload(actor=self.actor, file=workbook(rows), year=year)

    def work(self, answered: Answered, done: int = 0) -> None:
        actions.confirm(actor=self.actor, batch=self.batch)
        answered()

    def undo(self) -> bool:
        actions.undo(actor=self.actor, batch=self.batch)
        return True

    def in_force(self) -> State:
        return {"values": _values(Value.objects.filter(state=ValueState.IN_FORCE))}

    def facts(self) -> State:
        return {"values": _values(Value.objects.all())}


def _values(rows: object) -> list[str]:
    return sorted(map(str, rows.values_list(*FIELDS)))  # type: ignore[attr-defined]
