"""The decision on a round of the special fund is written down: amounts, the indicator, a notice to every school."""

from decimal import Decimal

import polars  # noqa: F401 - loaded before the fork, so that the moments lie in the writing and not in that

from tests import factories as make
from tests.crash.moments.case import Answered, State
from tests.systems.support.test_funding import RATES
from xuequ.core.jobs.enqueue import run_pending
from xuequ.district.actors import Actor
from xuequ.district.choices import Role, Stage
from xuequ.kit.notices.models import Notice
from xuequ.record.models import Indicator, Run
from xuequ.systems.support.funding import actions, deciding
from xuequ.systems.support.funding.choices import RoundState, SourceKind
from xuequ.systems.support.funding.deciding import Amount
from xuequ.systems.support.funding.models import Allocation, Round, Simulation

DOCUMENT = "虚构〔2026〕7号"


class SupportCase:
    """A proposal for all schools, decided as a whole; the first school gets less than was proposed, with a reason."""

    name = "support"
    transactions = 1

    def __init__(self, schools: int = 20) -> None:
        self.schools = schools
        self.actor: Actor
        self.round: Round
        self.amounts: dict[int, Amount]

    def build(self) -> None:
        make.make_district()
        year = make.make_year()
        self.actor = make.make_actor(Role.DISTRICT_OFFICER)
        actions.new_standard(actor=self.actor, **RATES)
        for n in range(self.schools):
            school = make.make_school(f"虚构第{n}小学", stage=Stage.PRIMARY)
            make.make_pupils(make.make_class(school), 2)
            make.make_account(Role.HEAD, school=school)
        self.round = actions.open_round(actor=self.actor, title="专项经费", year=year, closes=self.actor.day)
        actions.add_source(
            actor=self.actor,
            of=self.round,
            kind=SourceKind.BUDGET,
            name="预算",
            amount_yuan=Decimal(9_000_000),
        )
        actions.start_simulation(actor=self.actor, of=self.round, weak_share=0.0)
        run_pending()
        deciding.adopt(actor=self.actor, simulation=Simulation.objects.select_related("run", "round").get())
        first = Allocation.objects.order_by("school__code")[0]
        self.amounts = {first.pk: Amount(first.proposed_yuan - Decimal("0.01"), "少一分")}

    def work(self, answered: Answered, done: int = 0) -> None:
        self.round.refresh_from_db()
        if self.round.state != RoundState.DECIDED:
            deciding.decide(
                actor=self.actor, of=self.round, amounts=self.amounts, document=DOCUMENT, reason="另有安排"
            )
        answered()

    def undo(self) -> bool:
        return False

    def in_force(self) -> State:
        return {}

    def facts(self) -> State:
        """Return the amounts, the decision, what is published of it with its run, and who was told."""
        amounts = Allocation.objects.values_list("school__name", "proposed_yuan", "amount_yuan", "departure")
        published = Indicator.objects.values_list("school__name", "code", "value", "run__kind", "run__state")
        return {
            "amounts": sorted(map(str, amounts)),
            "rounds": sorted(map(str, Round.objects.values_list("title", "state", "document", "reason"))),
            "published": sorted(map(str, published)),
            "runs": sorted(Run.objects.values_list("kind", "state")),
            "notices": sorted(map(str, Notice.objects.values_list("kind", "message", "school__name"))),
        }
