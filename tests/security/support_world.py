"""Visits, money and pairs in the world of access: one of everything in each school, and what addresses name."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.core.files.base import ContentFile
from django.db import models
from PIL import Image

from tests import factories as make
from tests.security.columns import Column, Place
from xuequ.core import clock
from xuequ.district.actors import Actor
from xuequ.district.models import School, SchoolYear
from xuequ.record import evidence
from xuequ.record.choices import RunState
from xuequ.record.models import Evidence, Run
from xuequ.systems.support.models import (
    Act,
    Allocation,
    Appeal,
    Audit,
    Check,
    Issue,
    Pair,
    PairPlan,
    PairRule,
    Project,
    Round,
    Simulation,
    Source,
    Spending,
    Standard,
    Visit,
    VisitRequest,
)

if TYPE_CHECKING:
    from tests.security.world import World

RATES: dict[str, Any] = {
    "name": "标准", "version": 1, "base_per_pupil_yuan": Decimal(10), "star3_yuan": Decimal(1),
    "star4_yuan": Decimal(2), "star5_yuan": Decimal(3), "improved_yuan": Decimal(1), "weak_share": Decimal(0),
}  # fmt: skip
DECIDED, PROPOSED = "决定的一轮", "有方案的一轮"


def furnish(schools: Iterable[School]) -> None:
    """Give each school a visit, a problem, an application, an amount and a pair with an act."""
    year, now = make.make_year(), clock.now()
    standard = Standard.objects.create(**RATES, created=now)
    rounds = [
        Round.objects.create(
            title=title, year=year, standard=standard, closes=make.DAY, state=state, created=now
        )
        for title, state in ((DECIDED, "decided"), (PROPOSED, "proposed"))
    ]
    simulation = Simulation.objects.create(round=rounds[0], run=_run("funding"), result=_result())
    PairPlan.objects.create(year=year, run=_run("pairing"), result={"pairs": [], "unpaired": [], "ended": []})
    for of in rounds:
        Source.objects.create(round=of, kind="budget", name="预算", amount_yuan=Decimal(100_000))
        of.proposal = simulation
        of.save()
    partner = make.make_school("虚构结对学校")
    for school in schools:
        _visit(school, now)
        _money(school, rounds[0], now)
        _pair(school, partner, year, now)


def _run(kind: str) -> Run:
    return Run.objects.create(
        system="support", kind=kind, title="虚构测算", engine_version="1", state=RunState.DONE, created=clock.now(),
        parameters={"settings": {"alpha": None, "weak_share": 0.0}},
    )  # fmt: skip


def _result() -> dict[str, Any]:
    return {
        "feasible": True, "schools": [], "spent": "0", "money": "0", "left": "0", "weak_share": 0.0,
        "weak_known": True, "steps": [], "worst": None, "greedy_worst": None, "gain": 0.0, "price": 0.0, "front": [],
        "spread": [],
    }  # fmt: skip


def _piece(school: School) -> Evidence:
    stream = io.BytesIO()
    Image.new("RGB", (8, 8)).save(stream, "PNG")
    upload = ContentFile(stream.getvalue(), name="a.png")
    actor = Actor.system(make.DAY)
    return evidence.attach_file(actor=actor, system="support", school=school, title="佐证", upload=upload)


def _visit(school: School, now: dt.datetime) -> None:
    visit = Visit.objects.create(
        school=school, day=make.DAY, state="confirmed", seen="所见", sent=now, created=now
    )
    visit.evidence.add(_piece(school))
    Issue.objects.create(visit=visit, school=school, text="问题", opened=make.DAY, due=make.DAY)
    VisitRequest.objects.create(school=school, topic="事项", asked=now)


def _money(school: School, of: Round, now: dt.datetime) -> None:
    project = Project.objects.create(
        round=of, school=school, title="项目", purpose="用途", cost_yuan=Decimal(5000), gains={"rooms": 6},
        state="accepted",
    )  # fmt: skip
    project.evidence.add(_piece(school))
    amounts = dict.fromkeys(("standard_yuan", "projects_yuan", "proposed_yuan", "amount_yuan"), Decimal(5000))
    row = Allocation.objects.create(round=of, school=school, **amounts)
    row.projects.add(project)
    Spending.objects.create(allocation=row, day=make.DAY, what="设备", amount_yuan=Decimal(200), entered=now)
    Appeal.objects.create(allocation=row, text="复核", asked=now)
    audit = Audit.objects.filter(round=of).first() or Audit.objects.create(
        round=of, seed=1, share=Decimal("0.2"), change=Decimal("0.15"), drawn=now
    )
    Check.objects.create(
        audit=audit, school=school, project=project, field="cost", ground="lot", stated=Decimal(5000),
        paid_yuan=Decimal(5000), finding="wrong", reason="不符", found=now,
    )  # fmt: skip


def _pair(school: School, partner: School, year: SchoolYear, now: dt.datetime) -> None:
    pair = Pair.objects.create(year=year, giver=partner, receiver=school, state="agreed")
    Act.objects.create(
        pair=pair, kind="special", day=make.DAY, title="活动", hours=Decimal(1), side="giver", entered=now
    )
    PairRule.objects.create(year=year, kind="locked", giver=partner, receiver=school)


Finder = Callable[["World", Column, Place], Any]


def _of(model: type[models.Model], path: str) -> Finder:
    """The row of the school at this distance; near is nothing."""

    def find(world: World, _column: Column, place: Place) -> Any:
        if place == Place.NEAR:
            return None
        school = world.sides[Place.FAR if place in {Place.FAR, Place.MIXED} else Place.OWN].school
        return model._default_manager.filter(**{path: school}).first()

    return find


def _one(get: Callable[[], Any]) -> Finder:
    """A thing of the district alone."""
    return lambda _world, _column, place: get() if place in {Place.OWN, Place.MIXED} else None


def _word(text: str) -> Finder:
    return lambda _world, _column, _place: text


def _school(world: World, _column: Column, place: Place) -> Any:
    return None if place == Place.NEAR else world.sides[Place.OWN if place == Place.OWN else Place.FAR].school


OBJECTS: dict[str, Finder] = {
    "support/visits/plan/{uid}": _school,
    "support/visits/requests/{uid}": _of(VisitRequest, "school"),
    "support/visits/issues/{uid}": _of(Issue, "school"),
    "support/visits/evidence/{uid}": _of(Evidence, "support_visits__school"),
    "support/visits/{uid}": _of(Visit, "school"),
    "support/visits/{uid}/record.{form}": _word("xlsx"),
    "support/money/rounds/{uid}": _one(lambda: Round.objects.get(title=DECIDED)),
    "support/money/rounds/{uid}/sources/{source_uid}": _one(lambda: Source.objects.get(round__title=DECIDED)),
    "support/money/rounds/{uid}/decision.{form}": _word("xlsx"),
    "support/money/projects/{uid}": _of(Project, "school"),
    "support/money/evidence/{uid}": _of(Evidence, "fund_projects__school"),
    "support/money/simulations/{uid}": _one(lambda: Simulation.objects.get()),
    "support/money/simulations/compare.{form}": _word("xlsx"),
    "support/audits/{uid}": _one(lambda: Audit.objects.get()),
    "support/audits/{uid}/report.{form}": _word("docx"),
    "support/audits/fields/{uid}": _of(Check, "school"),
    "support/audits/evidence/{uid}": _of(Evidence, "fund_projects__school"),
    "support/money/amounts/{uid}": _of(Allocation, "school"),
    "support/money/amounts/{uid}/spend/{entry_uid}": _of(Spending, "allocation__school"),
    "support/money/amounts/{uid}/appeal/{appeal_uid}": _of(Appeal, "allocation__school"),
    "support/pairs/rules/{uid}": _of(PairRule, "receiver"),
    "support/pairs/plans/{uid}": _one(lambda: PairPlan.objects.get()),
    "support/pairs/report.{form}": _word("xlsx"),
    "support/pairs/acts/{uid}": _of(Act, "pair__receiver"),
    "support/pairs/{uid}": _of(Pair, "receiver"),
    "support/pairs/{uid}/report.{form}": _word("xlsx"),
}

EXCEPTIONS: dict[str, Finder] = {
    "support/money/rounds/{uid}/decide/": _one(lambda: Round.objects.get(title=PROPOSED)),
}
