"""From home, every role finds every page it may see, no link is broken, and no page asks too much of the database."""

import pytest

from tests.walk.exceptions import HOME_QUERIES, MORE_QUERIES, MOST_QUERIES, NOT_REACHED
from tests.walk.plan import Walked
from tests.walk.preparations import FAMILY
from tests.walk.walker import Visit
from xuequ.kit.demo.accounts import DEMO_LOGINS

pytestmark = pytest.mark.xdist_group("walk")


def place(visit: Visit) -> str:
    """Say who saw what and how they came there."""
    return f"{visit.who or 'nobody'} {visit.address} (from {visit.source or 'the beginning'})"


def test_no_link_is_broken(walked: Walked) -> None:
    assert [f"{v.status} {place(v)}" for v in walked.visits if v.status >= 400] == []


def test_every_page_is_reached_by_somebody(walked: Walked) -> None:
    reached = {visit.pattern for visit in walked.visits}
    assert sorted(set(walked.pages) - reached) == sorted(NOT_REACHED)


def test_every_label_is_chinese(walked: Walked) -> None:
    assert [f"{place(v)}: {label}" for v in walked.visits for label in v.english] == []


def test_no_page_asks_too_much(walked: Walked) -> None:
    dear = [v for v in walked.visits if v.is_page and v.queries > most(v.pattern)]
    assert sorted({f"{v.pattern} asks {v.queries} as {v.who}" for v in dear}) == []


def test_every_role_gets_home_for_few_questions(walked: Walked) -> None:
    homes = {v.who: v.queries for v in walked.visits if v.address == "/" and v.is_page and v.who}
    assert sorted(homes) == sorted([*DEMO_LOGINS, FAMILY])
    dear = {who: asked for who, asked in homes.items() if asked > HOME_QUERIES.get(who, MOST_QUERIES)}
    assert dear == {}


def test_an_exception_that_is_no_longer_needed_goes(walked: Walked) -> None:
    for pattern in MORE_QUERIES:
        asked = [visit.queries for visit in walked.visits if visit.pattern == pattern and visit.is_page]
        assert max(asked, default=0) > MOST_QUERIES, pattern


def most(pattern: str) -> int:
    """Return how many questions a page may ask."""
    return MORE_QUERIES.get(pattern, (MOST_QUERIES, ""))[0]
