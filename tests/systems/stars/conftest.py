"""A small district with a scheme of four items, a round of five schools, and raters."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from tests import factories
from tests.engines.evaluation.test_star_scheme import small
from xuequ.core.models import Account
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import School
from xuequ.systems.stars.choices import SchemeKind
from xuequ.systems.stars.models import Application, Round, SchemeVersion
from xuequ.systems.stars.rounds import actions as rounds
from xuequ.systems.stars.schemes import actions as schemes
from xuequ.systems.stars.second import actions as second
from xuequ.systems.stars.selfrating import actions as selfrating

DAY = factories.DAY
FULL = {"A1": 3.0, "A2": 1.0, "B1": 4.0, "B2": 2.0}
MIDDLE = {"A1": 1.5, "A2": 1.0, "B1": 2.0, "B2": 1.0}


@dataclass
class World:
    """What the tests of stars play in; ``heads`` in the order of the schools."""

    version: SchemeVersion
    round: Round
    schools: list[School]
    heads: list[Account]
    officer: Account
    raters: list[Account]

    def head(self, at: int = 0) -> Actor:
        return Actor.of(self.heads[at], DAY)

    @property
    def manager(self) -> Actor:
        return Actor.of(self.officer, DAY)

    def rater(self, at: int = 0) -> Actor:
        return Actor.of(self.raters[at], DAY)

    def application(self, at: int = 0) -> Application:
        return self.round.applications.select_related("round__version__scheme", "school").get(
            school=self.schools[at]
        )

    def fill(self, at: int = 0, points: Mapping[str, float] = MIDDLE) -> Application:
        """Rate every item as the school."""
        for code, value in points.items():
            selfrating.rate(actor=self.head(at), application=self.application(at), code=code, points=value)
        return self.application(at)

    def hand_in(self, at: int = 0, points: Mapping[str, float] = MIDDLE) -> Application:
        return selfrating.hand_in(actor=self.head(at), application=self.fill(at, points))

    def all_handed_in(self) -> None:
        for at in range(len(self.schools)):
            self.hand_in(at)

    def drawn(self, share: float = 1.0) -> None:
        """Begin the second rating; with a share of 1 every school is drawn."""
        Round.objects.filter(pk=self.round.pk).update(share=share)
        self.round.refresh_from_db()
        self.round = rounds.begin_second(actor=self.manager, found=self.round, seed=7)

    def rate(
        self, at: int, rater: int, points: Mapping[str, float] = MIDDLE, *, hand_in: bool = True
    ) -> None:
        """Ask a rater for a school and let it be rated."""
        [row] = second.assign(
            actor=self.manager, application=self.application(at), accounts=[self.raters[rater]]
        )
        for code, value in points.items():
            second.rate_second(actor=self.rater(rater), second=row, code=code, points=value)
        if hand_in:
            second.hand_in_second(actor=self.rater(rater), second=row)


def build_world(schools: int = 5) -> World:
    """Open a round in 2025—2026 that has just begun."""
    factories.make_district()
    year = factories.make_year(2025)
    officer = factories.make_account(Role.DISTRICT_OFFICER)
    actor = Actor.of(officer, DAY)
    version = schemes.create(actor=actor, kind=SchemeKind.SMART_CAMPUS, document=small())
    places = [factories.make_school(f"虚构星级第{at + 1}学校") for at in range(schools)]
    found = rounds.open_round(
        actor=actor,
        version=version,
        year=year,
        title="虚构一轮",
        self_until=DAY + dt.timedelta(days=10),
        second_until=DAY + dt.timedelta(days=30),
        schools=places,
        share=0.4,
        margin=0,
    )
    version.refresh_from_db()
    heads = [factories.make_account(Role.HEAD, school=school) for school in places]
    raters = [factories.make_account(role) for role in (Role.EXPERT, Role.SUPERVISOR, Role.RESEARCHER)]
    return World(version, found, places, heads, officer, raters)


@pytest.fixture
def world(db: None) -> World:
    return build_world()
