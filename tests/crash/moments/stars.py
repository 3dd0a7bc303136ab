"""The results of a round's schools are settled one after the other from what the raters gave."""

from tests.crash.moments.case import Answered, State
from tests.systems.stars.conftest import FULL, MIDDLE, World, build_world
from xuequ.kit.notices.models import Notice
from xuequ.systems.stars.choices import ApplicationState
from xuequ.systems.stars.models import Application, HistoryEntry, SettledPoints
from xuequ.systems.stars.second import actions

SCHOOL = "application__school__name"


class StarsCase:
    """Every school was rated twice, the same; each is settled by itself, for each is answered by itself."""

    name = "stars"

    def __init__(self, schools: int = 8) -> None:
        self.schools = schools
        self.world: World

    @property
    def transactions(self) -> int:
        """One for each school."""
        return self.schools

    def build(self) -> None:
        self.world = build_world(self.schools)
        self.world.all_handed_in()
        self.world.drawn()
        for at in range(self.schools):
            for rater in (0, 1):
                self.world.rate(at, rater, FULL if at % 3 else MIDDLE)

    def work(self, answered: Answered, done: int = 0) -> None:
        """Settle from the last answered school on: its answer may have been lost on the way."""
        for at in range(max(0, done - 1), self.schools):
            application = self.world.application(at)
            if application.state != ApplicationState.SETTLED:
                actions.settle(actor=self.world.manager, application=application)
            answered()

    def undo(self) -> bool:
        return False

    def in_force(self) -> State:
        return {}

    def facts(self) -> State:
        """Return the points of every item with their ground, the results, the history, and who was told."""
        results = ("district_total", "district_star", "district_low", "district_high")
        points = SettledPoints.objects.values_list(SCHOOL, "item", "points", "rests_on", "is_current")
        lines = HistoryEntry.objects.order_by("id").values_list(SCHOOL, "deed", "item", "before", "after")
        return {
            "points": sorted(map(str, points)),
            "results": sorted(map(str, Application.objects.values_list("school__name", "state", *results))),
            "history": sorted(map(str, lines)),
            "notices": sorted(Notice.objects.values_list("kind", "message")),
        }
