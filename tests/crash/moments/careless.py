"""Work that forgets its transaction: it must be found half done, else the other cases prove nothing."""

from tests import factories as make
from tests.crash.moments.case import Answered, State
from xuequ.district.models import Area


class CarelessCase:
    """Fifty areas, each stored by itself."""

    name = "careless"
    transactions = 0

    def build(self) -> None:
        make.make_district()

    def work(self, answered: Answered, done: int = 0) -> None:
        for number in range(50):
            if not Area.objects.filter(name=f"第{number}片区").exists():
                Area.objects.create(name=f"第{number}片区")

    def undo(self) -> bool:
        return False

    def in_force(self) -> State:
        return {}

    def facts(self) -> State:
        return {"areas": sorted(Area.objects.values_list("name", flat=True))}
