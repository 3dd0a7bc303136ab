"""The first page of stars for each role: where things stand in a sentence, and at most three things to do first."""

from xuequ.core.reports import Block
from xuequ.district.actors import Actor
from xuequ.systems.stars.access import led_schools, may_read_district


def blocks(actor: Actor) -> tuple[Block, ...]:
    """Return the page of the widest view that the actor has."""
    if may_read_district(actor):
        from xuequ.systems.stars.landing import district

        return district.blocks(actor)
    if led_schools(actor):
        from xuequ.systems.stars.landing import school

        return school.blocks(actor)
    from xuequ.systems.stars.landing import rater

    return rater.blocks(actor)
