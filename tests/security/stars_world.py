"""School stars in the world of access: a scheme, a round of both schools in its second rating, and what stands behind
addresses."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.core.files.base import ContentFile
from PIL import Image

from tests import factories as make
from tests.engines.evaluation.test_star_scheme import small
from tests.security.columns import Column, Place
from xuequ.core import clock
from xuequ.core.models import Account
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import School, SchoolYear
from xuequ.district.people import create_people
from xuequ.record import evidence
from xuequ.systems.stars.choices import SchemeKind
from xuequ.systems.stars.models import (
    Appeal,
    Application,
    ItemEvidence,
    Round,
    SchemeVersion,
    SecondRater,
    SelfRating,
)
from xuequ.systems.stars.points import exact
from xuequ.systems.stars.rounds import actions as rounds
from xuequ.systems.stars.schemes import actions as schemes
from xuequ.systems.stars.second import actions as second
from xuequ.systems.stars.second import photos
from xuequ.systems.stars.selfrating import actions as selfrating

if TYPE_CHECKING:
    from tests.security.world import World

SYSTEM = Actor.system(make.DAY)
POINTS = {"A1": 1.5, "A2": 1.0, "B1": 2.0, "B2": 1.0}


def furnish(world: World) -> None:
    """Rate both schools a first time, ask the expert and a stranger for a second rating, and let each school appeal."""
    schools = [side.school for side in world.sides.values()]
    version = schemes.create(actor=SYSTEM, kind=SchemeKind.SMART_CAMPUS, document=small())
    found = rounds.open_round(
        actor=SYSTEM, version=version, year=SchoolYear.objects.get(code="2025-2026"), title="虚构一轮",
        self_until=make.DAY, second_until=make.DAY, schools=schools, share=1.0,
    )  # fmt: skip
    for school in schools:
        row = found.applications.select_related("round__version__scheme", "school").get(school=school)
        SelfRating.objects.bulk_create(
            SelfRating(application=row, item=item, points=exact(points), entered_at=clock.now())
            for item, points in POINTS.items()
        )
        paper = ContentFile(_picture(), name="picture.png")
        piece = evidence.attach_file(
            actor=SYSTEM, system="stars", school=school, title="虚构的材料", upload=paper
        )
        ItemEvidence.objects.create(application=row, item="A1", evidence=piece)
        selfrating.hand_in(actor=SYSTEM, application=row)
        Appeal.objects.create(application=row, item="A1", text="虚构的申诉", filed=clock.now())
    rounds.begin_second(actor=SYSTEM, found=found, seed=1)
    raters = [world.own["ex"].account, _stranger()]
    for row in found.applications.all():
        for asked in second.assign(actor=SYSTEM, application=row, accounts=raters):
            picture = ContentFile(_picture(), name="photo.png")
            photos.add(actor=SYSTEM, second=asked, code="A1", upload=picture)


def _picture() -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (8, 8)).save(stream, "PNG")
    return stream.getvalue()


def _stranger() -> Account:
    account = make.make_account(Role.EXPERT)
    make.bind(create_people([("虚构专家", "")])[0], account)
    return account


Finder = Callable[["World", Column, Place], Any]


def _always(get: Callable[[], Any]) -> Finder:
    return lambda _world, _column, place: get() if place in {Place.OWN, Place.MIXED} else None


def _of(get: Callable[[School], Any]) -> Finder:
    """Something of a school; near is nothing."""

    def find(world: World, _column: Column, place: Place) -> Any:
        far = Place.FAR if place == Place.MIXED else place
        return None if place == Place.NEAR else get(world.sides[far].school)

    return find


def _word(value: str) -> Finder:
    return lambda _world, _column, _place: value


def _application(school: School) -> Application:
    return school.star_applications.get()


def _evidence(school: School) -> Any:
    return _application(school).pieces.get().evidence


def _assignment(world: World, column: Column, place: Place) -> Any:
    """The reader's own assignment where there is one; far is a stranger's."""
    if place == Place.NEAR:
        return None
    own = SecondRater.objects.filter(rater=world.own[column.code].account).order_by("pk").first()
    stranger = SecondRater.objects.order_by("-pk").first()
    return own or stranger if place in {Place.OWN, Place.MIXED} else stranger


def _rater(school: School) -> SecondRater:
    return _application(school).raters.order_by("pk")[0]


def _version() -> SchemeVersion:
    return SchemeVersion.objects.get(scheme__kind=SchemeKind.SMART_CAMPUS)


OBJECTS: dict[str, Finder] = {
    "stars/schemes/{uid}": _always(_version),
    "stars/schemes/{uid}/scheme.{form}": _word("toml"),
    "stars/schemes/{uid}/dimensions/{code}": _word("A"),
    "stars/schemes/{uid}/items/{code}": _word("A1"),
    "stars/rounds/{uid}": _always(lambda: Round.objects.get()),
    "stars/rounds/{uid}/report.{form}": _word("xlsx"),
    "stars/applications/{uid}": _of(_application),
    "stars/applications/{uid}/items/{code}": _word("A1"),
    "stars/applications/{uid}/decide/{code}": _word("A1"),
    "stars/applications/{uid}/report.{form}": _word("xlsx"),
    "stars/applications/{uid}/evidence/{piece}": _of(_evidence),
    "stars/applications/{uid}/raters/{rater}": _of(_rater),
    "stars/applications/{uid}/appeals/{appeal}": _of(lambda school: _application(school).appeals.get()),
    "stars/rating/{uid}": _assignment,
    "stars/rating/{uid}/parts/{code}": _word("A"),
    "stars/rating/{uid}/evidence/{piece}": lambda world, column, place: (
        None if (row := _assignment(world, column, place)) is None else row.application.pieces.get().evidence
    ),
    "stars/rating/photographs/{uid}": lambda world, column, place: (
        None if (row := _assignment(world, column, place)) is None else row.photos.get().evidence
    ),
    "stars/evidence/{uid}": _of(_evidence),
    "stars/schools/{uid}": _of(lambda school: school),
}
