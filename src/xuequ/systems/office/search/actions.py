"""Searching is written down: who searched, in which role, how much was found; the words only as keyed digests."""

from xuequ.core import audit, crypto
from xuequ.core.errors import Forbidden
from xuequ.core.search.finding import Group, asked, find
from xuequ.district.actors import Actor
from xuequ.systems.office.search import queries


def search(*, actor: Actor, words: str) -> list[Group]:
    """Return what the actor may find, and leave an audit row; raises Forbidden for pupils and families."""
    if not queries.may_search(actor):
        raise Forbidden
    found = find(actor, words)
    data = {
        "words": [crypto.blind_index("search-audit", word) for word in asked(words)],
        "found": {group.kind: group.count for group in found},
    }
    audit.record(actor, "search.made", None, data)
    return found
