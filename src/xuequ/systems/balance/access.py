"""Who does what in balance."""

from xuequ.district.actors import DISTRICT_READERS, SCHOOL_LEADERS, Actor
from xuequ.district.choices import Role
from xuequ.district.models import School

KEEPERS = (Role.DISTRICT_OFFICER, Role.DATA_OFFICER)
"""Who keeps the district's figures: confirms values, judges, publishes, grants exceptions."""
FILLERS = frozenset({Role.HEAD, Role.SCHOOL_ADMINISTRATOR, Role.DATA_OFFICER})
"""Who types a school's own figures."""


def may_enter(actor: Actor) -> bool:
    """Whether balance has anything for the actor's roles."""
    return actor.sees_district or bool(area_ids(actor)) or actor.has(*SCHOOL_LEADERS)


def area_ids(actor: Actor) -> frozenset[int]:
    """The areas whose schools the actor reads: a district role that holds on an area alone."""
    return frozenset(g.area_id for g in actor.grants if g.role in DISTRICT_READERS and g.area_id is not None)


def reads(actor: Actor, school: School) -> bool:
    """Whether the actor may open a school's pages: who reads the district or its area, or leads the school."""
    if actor.sees_district or school.area_id in area_ids(actor):
        return True
    return any(own.pk == school.pk for own in own_schools(actor))


def keeps(actor: Actor) -> bool:
    """Whether the actor keeps the district's figures."""
    return actor.has_everywhere(*KEEPERS)


def adopts(actor: Actor) -> bool:
    """Whether the actor may put a version of the rules into force."""
    return actor.has_everywhere(Role.BUREAU_LEADER, Role.DISTRICT_OFFICER)


def own_schools(actor: Actor) -> "tuple[School, ...]":
    """The schools that the actor leads."""
    return actor.schools_of(SCHOOL_LEADERS)


def fills(actor: Actor, school: School) -> bool:
    """Whether the actor may type this school's figures."""
    return keeps(actor) or any(own.pk == school.pk for own in actor.schools_of(FILLERS))


def speaks_for(actor: Actor, school: School) -> bool:
    """Whether the actor may object in the school's name."""
    return any(own.pk == school.pk for own in actor.schools_of((Role.HEAD,)))
