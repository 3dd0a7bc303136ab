"""Balance in the world of access: a judged year with what waits in each school, and what stands behind addresses."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.core.files.base import ContentFile
from PIL import Image

from tests import factories as make
from tests.security.columns import Column, Place
from xuequ.core import clock
from xuequ.district.actors import Actor
from xuequ.district.models import School
from xuequ.record import evidence
from xuequ.record.models import ImportBatch
from xuequ.systems.balance import actions
from xuequ.systems.balance.choices import Source, ValueState
from xuequ.systems.balance.imports import actions as imports
from xuequ.systems.balance.models import Allowance, Appeal, Item, Judgement, RuleSet, Trial, Value
from xuequ.systems.balance.values import actions as values
from xuequ.systems.balance.values.actions import Given

if TYPE_CHECKING:
    from tests.security.world import World

Finder = Callable[["World", Column, Place], Any]
SYSTEM = Actor.system(make.DAY)
YEAR = "2025-2026"
FIGURES = {
    "teachers_bachelor": 3, "backbone_teachers": 1, "sport_teachers": 1, "teaching_rooms_m2": 200,
    "indoor_sports_m2": 9, "sports_grounds_m2": 20, "equipment_value_yuan": 70000, "multimedia_rooms": 0,
}  # fmt: skip


def furnish(schools: Iterable[School]) -> None:
    """Judge and publish a year in which these schools are weak; each has a question, an exception and an objection."""
    year, listed = make.make_year(int(YEAR[:4])), list(schools)
    values.take_known(actor=SYSTEM, year=year)
    given = [Given(s.pk, "", fact, Decimal(n)) for s in listed for fact, n in FIGURES.items()]
    values.store(actor=SYSTEM, year=year, given=given, source=Source.STATISTICS, day=year.start)
    judgement = actions.publish(actor=SYSTEM, judgement=actions.judge_year(actor=SYSTEM, year=year))
    moment = clock.now()
    for school in listed:
        result = judgement.schools.get(school=school)
        Appeal.objects.create(result=result, text="虚构的异议", entered=moment)
        Allowance.objects.create(
            year=year, school=school, part="junior", code="R5", add=Decimal(10), reason="虚构", entered=moment
        )
        for fact, state in (
            ("multimedia_rooms", ValueState.WAITING),
            ("equipment_value_yuan", ValueState.ASKED),
        ):
            Value.objects.create(
                year=year, school=school, fact=fact, number=7, source=Source.SCHOOL, day=make.DAY, state=state,
                suggested=Decimal(70000), compared_with="others", entered=moment,
            )  # fmt: skip
    stream = io.BytesIO()
    Image.new("RGB", (8, 8)).save(stream, "PNG")
    paper = ContentFile(stream.getvalue(), name="picture.png")
    piece = evidence.attach_file(
        actor=SYSTEM, system="balance", school=None, title="虚构的材料", upload=paper
    )
    Item.objects.get(year=year, code="G12").evidence.add(piece)
    _import(listed[0])


def _import(school: School) -> None:
    content = f"学校,美术专任教师\n{school.code},2\n".encode()
    imports.upload(
        actor=SYSTEM, file=ContentFile(content, name="虚构统计表.csv"), year=make.make_year(int(YEAR[:4]))
    )


def _always(get: Callable[[], Any]) -> Finder:
    return lambda _world, _column, place: get() if place in {Place.OWN, Place.MIXED} else None


def _of(get: Callable[[School], Any]) -> Finder:
    """Something of a school; near is nothing."""

    def find(world: World, _column: Column, place: Place) -> Any:
        far = Place.FAR if place == Place.MIXED else place
        return None if place == Place.NEAR else get(world.sides[far].school)

    return find


def _trial(name: str, *, foreign: tuple[Place, ...]) -> Finder:
    """A draft of the reader's own, or somebody else's at the places named."""

    def find(world: World, column: Column, place: Place) -> Any:
        own = world.own[column.code].account.pk
        author = None if place in foreign else own
        made, _new = Trial.objects.get_or_create(
            year=make.make_year(int(YEAR[:4])),
            entered_by_id=author,
            name=name,
            defaults={"entered": clock.now()},
        )
        return None if place == Place.NEAR else made

    return find


def _word(value: str) -> Finder:
    return lambda _world, _column, _place: value


OBJECTS: dict[str, Finder] = {
    "api/v1/balance/judgements/{uid}": _always(lambda: Judgement.objects.get().run),
    "balance/years/{year}": _word(YEAR),
    "balance/years/{year}/report.{form}": _word("xlsx"),
    "balance/years/{year}/spread/{stage}": _word("junior"),
    "balance/years/{year}/spread/{stage}/{code}": _word("R7"),
    "balance/years/{year}/areas/{uid}": _of(lambda school: school.area),
    "balance/years/{year}/schools/{uid}": _of(lambda school: school),
    "balance/years/{year}/schools/{uid}/report.{form}": _word("xlsx"),
    "balance/years/{year}/items/{code}": _word("G12"),
    "balance/years/{year}/items/{code}/evidence/{uid}": _always(
        lambda: Item.objects.get(code="G12").evidence.get()
    ),
    "balance/years/{year}/what-if/{uid}": _trial("试算一", foreign=(Place.FAR,)),
    "balance/years/{year}/what-if/{uid}/beside/{other}": _trial("试算二", foreign=(Place.FAR, Place.MIXED)),
    "balance/evidence/{uid}": _always(lambda: Item.objects.get(code="G12").evidence.get()),
    "balance/values/{uid}": _of(lambda school: school.balance_values.get(state=ValueState.WAITING)),
    "balance/exceptions/{uid}": _of(lambda school: school.balance_allowances.get()),
    "balance/rules/{uid}": _always(RuleSet.objects.get),
    "balance/objections/{uid}": _of(lambda school: Appeal.objects.get(result__school=school)),
    "balance/imports/new/{year}": _word(YEAR),
    "balance/imports/{uid}": _always(lambda: ImportBatch.objects.get(kind=imports.KIND)),
}

EXCEPTIONS: dict[str, Finder] = {
    "balance/values/{uid}/unit/": _of(lambda school: school.balance_values.get(state=ValueState.ASKED)),
}
