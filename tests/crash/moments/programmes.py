"""A school's ledger of equipment is stored over an earlier one: devices are new, changed, used, and put into rooms."""

from tests import factories as make
from tests.crash.moments.case import Answered, State
from tests.kit.score_sheets import workbook
from tests.systems.programmes.test_imports import HEADINGS
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import School
from xuequ.record.models import ImportBatch
from xuequ.systems.programmes.ledger import imports
from xuequ.systems.programmes.models import Device, ImportedChange, Room, Use

DEVICE = ("number", "name", "kind", "model", "quantity", "value_yuan", "bought", "state", "room__name")


class ProgrammesCase:
    """The second of two lists: a third of the devices is new, of the others every fourth was moved and repaired."""

    name = "programmes"
    transactions = 1

    def __init__(self, devices: int = 240) -> None:
        self.devices = devices
        self.actor: Actor
        self.school: School
        self.batch: ImportBatch

    def build(self) -> None:
        make.make_district()
        make.make_year(2025)
        self.school = make.make_school("虚构甲中学")
        self.actor = make.make_actor(Role.HEAD, school=self.school)
        self.batch = self._checked(range(self.devices * 2 // 3), later=False)
        self.work(lambda: None)
        self.batch = self._checked(range(self.devices), later=True)
        assert imports.may_be_stored(self.batch), (self.batch.problems[:3], self.batch.questions[:3])

    def _checked(self, numbers: range, *, later: bool) -> ImportBatch:
        rows = [_row(i, later=later) for i in numbers]
        return imports.upload(actor=self.actor, file=workbook([HEADINGS, *rows]), school=self.school)

    def work(self, answered: Answered, done: int = 0) -> None:
        imports.confirm(actor=self.actor, batch=self.batch)
        answered()

    def undo(self) -> bool:
        imports.undo(actor=self.actor, batch=self.batch)
        return True

    def in_force(self) -> State:
        return {
            "devices": sorted(map(str, Device.objects.values_list(*DEVICE))),
            "rooms": sorted(map(str, Room.objects.values_list("school__name", "name", "kind"))),
        }

    def facts(self) -> State:
        changes = ImportedChange.objects.values_list("device__number", "room__name", "before", "after")
        return {
            **self.in_force(),
            "changes": len(changes),
            "uses": sorted(map(str, Use.objects.values_list("device__number", "room__name", "day"))),
        }


def _row(i: int, *, later: bool) -> tuple[object, ...]:
    moved = later and i % 4 == 0
    return (
        f"学生计算机{i}", "计算机", "云终端", f"C-{i:04d}", 1 + i % 3, 4000 + i + 500 * moved, "2021-09-01",
        f"机房{(i + moved) % 6}", "维修" if moved else "在用",
    )  # fmt: skip
