"""Which object stands behind each part of an address: the one place to extend when an address names something new.

``OBJECTS`` leads from the address up to and including the part in braces to a function of the world, the reader and
the distance. It returns the object, or None where there is none at this distance. Exceptions for a single page stand
in ``EXCEPTIONS`` under the whole address.
"""

from collections.abc import Callable
from typing import Any

from tests.security import balance_world, programmes_world, stars_b_world, stars_world, support_world
from tests.security.columns import DISTRICT_READERS, Column, Place, Scope
from tests.security.world import USE, World
from xuequ.district.choices import Role
from xuequ.record.models import ImportBatch

Finder = Callable[[World, Column, Place], Any]


def always(get: Callable[[World], Any]) -> Finder:
    """An object that belongs to no school: it is at no distance but the reader's own."""
    return lambda world, _column, place: get(world) if place in {Place.OWN, Place.MIXED} else None


def word(value: str | int) -> Finder:
    """A part of the address that names no object."""
    return lambda _world, _column, _place: value


def of_side(name: str) -> Finder:
    """Something of a school; near is nothing."""

    def find(world: World, _column: Column, place: Place) -> Any:
        return None if place == Place.NEAR else getattr(world.sides[_far(place)], name)

    return find


def of_room(name: str) -> Finder:
    """Something of a class; near is the same school's other class."""
    return lambda world, _column, place: getattr(world.room(_far(place)), name)


def of_office(name: str) -> Finder:
    """Something that a school makes, or the district for its own readers."""

    def find(world: World, column: Column, place: Place) -> Any:
        if place == Place.NEAR:
            return None
        if place == Place.OWN and column.is_district:
            return getattr(world.district, name)
        return getattr(world.sides[_far(place)].office, name)

    return find


def personal(name: str, near: Callable[[World], Any] = lambda _world: None) -> Finder:
    """Something of the reader alone; ``near`` is a colleague's."""

    def find(world: World, column: Column, place: Place) -> Any:
        if place == Place.NEAR:
            return near(world)
        return getattr(world.own[column.code] if place == Place.OWN else world.stranger, name)

    return find


def _far(place: Place) -> Place:
    return Place.FAR if place == Place.MIXED else place


def pupil(world: World, column: Column, place: Place) -> Any:
    """A pupil: for families near is a classmate, for staff a pupil of the same school's other class."""
    if place == Place.NEAR and column.scope == Scope.FAMILY:
        return world.sides[Place.OWN].room.pupils[3]
    return world.room(_far(place)).pupils[0]


def person_key(world: World, column: Column, place: Place) -> Any:
    """About whom one may ask: guardians about the child, everybody else about oneself."""
    if place == Place.OWN and column.role != Role.GUARDIAN:
        return world.own[column.code].person.key
    return pupil(world, column, place).person.key


def own_request(world: World, column: Column, place: Place) -> Any:
    """A request about one's own data or one's child's."""
    room = world.room(_far(place))
    if place == Place.OWN and column.role != Role.GUARDIAN:
        return world.own[column.code].request
    return room.copy


def case(world: World, column: Column, place: Place) -> Any:
    """A request: in the district that of a school to store an import, in a school that of a guardian to be tied."""
    if column.is_district and place != Place.NEAR:
        return world.sides[_far(place)].office.import_case
    return world.room(_far(place)).case


def run(world: World, column: Column, place: Place) -> Any:
    """A run: the district's own, and far that of an external study."""
    if place == Place.NEAR:
        return None
    return world.run if place in {Place.OWN, Place.MIXED} else world.study_run


def run_nearby(world: World, _column: Column, place: Place) -> Any:
    """The district's run, for pages about one school or class in it."""
    return world.study_run if place == Place.FAR else world.run


def looked_after(world: World, column: Column, place: Place) -> Any:
    """An account: a teacher's; near is that of the school's head, who stands above its administrators."""
    if place == Place.NEAR:
        return world.sides[Place.OWN].head
    return world.sides[_far(place)].account


def colleague(name: str) -> Callable[[World], Any]:
    """What the administrator of the reader's own school has in the making."""
    return lambda world: getattr(world.sides[Place.OWN].office, name)


OBJECTS: dict[str, Finder] = {
    **programmes_world.OBJECTS,
    **stars_world.OBJECTS,
    **stars_b_world.OBJECTS,
    **balance_world.OBJECTS,
    "accounts/security/log-ins/{pk}": personal("log_in"),
    "accounts/security/computers/{uid}": personal("machine"),
    "accounts/security/passkeys/{pk}": personal("factor"),
    "accounts/bind/{uid}": of_room("tie"),
    "accounts/with/{app}": word("wecom"),
    "WW_verify_{code}": word("x"),
    "feedback/received/{uid}": of_side("feedback"),
    "jobs/{uid}": personal("task", lambda world: world.sides[Place.OWN].task),
    "api/v1/growth/runs/{uid}": run,
    "office/imports/{uid}": personal("score_import", colleague("score_import")),
    "office/assessments/{uid}": of_room("exam"),
    "office/ledgers/imports/{uid}": always(lambda _world: ImportBatch.objects.get(kind="ledgers")),
    "office/headings/{pk}": always(lambda world: world.heading),
    "office/roster/imports/{uid}": personal("roster_import", colleague("roster_import")),
    "office/roster/mappings/{uid}": always(lambda world: world.mapping),
    "office/roster/schools/{uid}": of_side("school"),
    "office/numbers/schools/{uid}": of_side("school"),
    "office/roster/classes/{uid}": of_room("group"),
    "office/roster/pupils/{uid}": pupil,
    "office/rollover/{uid}": always(lambda world: world.rollover),
    "office/rollover/school/{uid}": lambda world, _column, place: (
        world.sides[Place.FAR if place == Place.FAR else Place.OWN].move
    ),
    "office/rollover/school/{uid}/pupils/{class_uid}": of_room("group"),
    "office/rollover/school/{uid}/placing/{grade}": word(9),
    "office/rollover/school/{uid}/staff/{code}": word("2024-7-1"),
    "office/rollover/schools/areas/{uid}": lambda world, _column, place: (
        None if place == Place.NEAR else world.sides[_far(place)].school.area
    ),
    "office/rollover/schools/groups/{uid}": always(lambda world: world.group),
    "office/rollover/schools/{uid}": of_side("school"),
    "office/entry/{uid}": lambda world, _column, place: (
        world.room(Place.OWN if place == Place.MIXED else place).exam
    ),
    "office/entry/{uid}/{class_uid}": of_room("group"),
    "office/approvals/imports/{uid}": personal("roster_import", colleague("roster_import")),
    "office/approvals/requests/{uid}": case,
    "office/approvals/classes/{uid}": lambda world, _column, place: (
        world.room(Place.OWN if place == Place.MIXED else place).group
    ),
    "office/approvals/classes/{uid}/guardians/{binding}": of_room("tie"),
    "office/collection/{uid}": always(lambda world: world.collection),
    "office/collection/sheets/{uid}": of_side("sheet"),
    "office/collection/sheets/{uid}/contest/{place}": lambda world, _column, _place: world.known,
    "office/collection/sheets/{uid}/withdraw/{place}": lambda world, _column, _place: world.known,
    "office/collection/answers/{uid}": of_side("sheet"),
    "office/collection/answers/{uid}/settle/{place}": lambda world, _column, _place: world.known,
    "office/surveys/mine/{uid}": lambda world, _column, place: (
        None if place == Place.NEAR else world.sides[_far(place)].office.wave
    ),
    "office/surveys/drafts/{uid}": of_office("form"),
    "office/surveys/drafts/{uid}/questions/{name}": word("mood"),
    "office/surveys/rounds/{uid}": lambda world, column, place: of_office("wave")(
        world, column, Place.OWN if place == Place.MIXED else place
    ),
    "office/surveys/rounds/{uid}/missing/{school}": of_side("school"),
    "office/numbers/of/{code}": word("pupils"),
    "office/numbers/quoted/{uid}": personal("citation", colleague("citation")),
    "office/numbers/replies/{uid}": lambda world, column, place: of_office("document")(
        world, column, Place.OWN if place == Place.MIXED else place
    ),
    "office/numbers/replies/{uid}/numbers/{number}": of_office("citation"),
    "office/numbers/replies/{uid}/versions/{number}": word(1),
    "office/numbers/replies/{uid}/reply.{form}": word("docx"),
    "office/search/pupils/{uid}": pupil,
    "office/search/teachers/{uid}": of_room("teacher"),
    "office/rights/rules/{code}": word("answer-days"),
    "office/rights/due/{slug}": word("pupil-names"),
    "office/rights/mine/{key}": lambda world, column, place: person_key(
        world, column, Place.OWN if place == Place.MIXED else place
    ),
    "office/rights/mine/{key}/consent/{use}": word(USE),
    "office/rights/mine/{key}/requests/{uid}": own_request,
    "office/rights/requests/{uid}": of_room("request"),
    "office/rights/texts/{use}": word(USE),
    "office/rights/texts/{uid}": always(lambda world: world.draft),
    "office/rights/answers/{use}": word(USE),
    "office/rights/classes/{uid}": of_room("group"),
    "office/rights/classes/{uid}/{use}": word(USE),
    "office/access/new/{uid}": of_side("school"),
    "office/access/accounts/{uid}": looked_after,
    "office/access/roles/{uid}": lambda world, column, place: looked_after(
        world, column, place
    ).roles.first(),
    "office/access/deputies/{uid}": personal("role", lambda world: world.sides[Place.OWN].head.roles.get()),
    "growth/runs/{uid}": run,
    "growth/runs/{uid}/report.{form}": word("xlsx"),
    "growth/runs/{uid}/analysis.{form}": word("xlsx"),
    "growth/runs/{uid}/schools/{school_uid}/analysis.{form}": word("xlsx"),
    "growth/runs/{uid}/classes/{class_uid}/analysis.{form}": word("xlsx"),
    "growth/runs/{uid}/schools/{school_uid}": of_side("school"),
    "growth/runs/{uid}/schools/{school_uid}/report.{form}": word("xlsx"),
    "growth/runs/{uid}/classes/{class_uid}": of_room("group"),
    "growth/pupils/{uid}": pupil,
    "growth/alerts/{uid}": of_side("alert"),
    "growth/items/papers/{uid}": lambda world, _column, place: (
        None if place == Place.NEAR else world.paper if place == Place.OWN else world.room(_far(place)).exam
    ),
    "growth/items/{uid}": lambda world, _column, _place: world.item_run,
    "growth/items/{uid}/report.{form}": word("xlsx"),
    "growth/items/{uid}/points/report.{form}": word("xlsx"),
    "growth/items/{uid}/schools/{school_uid}": of_side("school"),
    "growth/items/{uid}/schools/{school_uid}/report.{form}": word("xlsx"),
    "growth/items/{uid}/classes/{class_uid}": of_room("group"),
    "growth/items/{uid}/classes/{class_uid}/report.{form}": word("xlsx"),
    "growth/items/{uid}/pupils/{pupil_uid}": pupil,
    # Locked in this world; tests/systems/growth/test_teachers.py opens it.
    "growth/teachers/values/{uid}": word("6f1c2f0e-0000-4000-8000-000000000000"),
    **support_world.OBJECTS,
}

EXCEPTIONS: dict[str, Finder] = {
    **balance_world.EXCEPTIONS,
    "office/access/deputies/{uid}/end/": personal("loan", lambda world: world.sides[Place.OWN].loan),
    "growth/items/{uid}/": always(lambda world: world.item_run),
    "growth/items/{uid}/report.{form}": always(lambda world: world.item_run),
    "growth/items/{uid}/points/": always(lambda world: world.item_run),
    "growth/items/{uid}/points/report.{form}": always(lambda world: world.item_run),
    "office/rights/requests/{uid}/copy/": of_room("copy"),
    "office/rights/requests/{uid}/erase/": of_room("erasure"),
    "growth/runs/{uid}/classes/{class_uid}/": run_nearby,
    "growth/runs/{uid}/classes/{class_uid}/analysis/": run_nearby,
    "growth/runs/{uid}/classes/{class_uid}/analysis.{form}": run_nearby,
    **support_world.EXCEPTIONS,
}
"""Pages that need another object of the kind than their neighbours; the first part in braces is meant."""

BODIES: dict[str, dict[str, str]] = {
    **programmes_world.BODIES,
    "office/approvals/classes/{uid}/print/": {"what": "cards", "who": "all"},
    "office/rights/mine/{key}/consent/{use}/": {"answer": "yes"},
}
"""What a form needs to send so that the page does not find it malformed before anything else; most need nothing."""

__all__ = ["BODIES", "DISTRICT_READERS", "EXCEPTIONS", "OBJECTS"]
