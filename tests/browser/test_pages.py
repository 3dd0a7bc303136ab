"""Every kind of page that a role can reach: accessible, quiet, in Chinese, and fit for a phone."""

from itertools import groupby

import pytest

from tests.walk.plan import Look, Walked, looks, shares
from tests.walk.walker import NOBODY

from .visits import Visitor

SHARES = 12
PAGES = 5


def troubles_of(visitor: Visitor, seen: list[Look]) -> str:
    """Look at pages and return what is wrong, a line for each trouble."""
    lines = []
    for look in seen:
        visitor.page.goto(look.address)
        found = visitor.troubles(closely=look.closely)
        lines += [f"{look.who} {look.address}  {trouble}" for trouble in found]
    return "\n".join(lines)


@pytest.mark.parametrize("share", range(SHARES))
def test_every_kind_of_page(visitor: Visitor, walked: Walked, share: int) -> None:
    found = ""
    for who, seen in groupby(shares(looks(walked), SHARES)[share], key=lambda look: look.who):
        if who != NOBODY:
            visitor.context.clear_cookies()
            visitor.sign_in(who)
        found += troubles_of(visitor, list(seen))
    assert found == ""


def menu_of(walked: Walked, username: str) -> list[Look]:
    """Return the first pages of a role's menu."""
    own = (visit for visit in walked.visits if visit.who == username and visit.menu and visit.is_page)
    return [Look(username, visit.address, closely=True) for visit in own][:PAGES]


def test_page_that_does_not_exist(visitor: Visitor) -> None:
    visitor.page.goto("/no/such/page/")
    assert [trouble for trouble in visitor.troubles() if "status of 404" not in trouble] == []


@pytest.mark.parametrize("username", ["demo-officer", "demo-guardian"])
def test_dark(visitor: Visitor, walked: Walked, username: str) -> None:
    visitor.page.emulate_media(color_scheme="dark")
    visitor.sign_in(username)
    assert visitor.page.get_attribute("html", "data-bs-theme") == "dark"
    assert troubles_of(visitor, menu_of(walked, username)) == ""


def test_english(visitor: Visitor, walked: Walked) -> None:
    visitor.sign_in("demo-officer")
    visitor.page.click(".xq-account")
    visitor.page.click("button[value=en]")
    assert visitor.page.get_attribute("html", "lang") == "en"
    assert troubles_of(visitor, menu_of(walked, "demo-officer")) == ""


def test_form_with_errors(visitor: Visitor) -> None:
    visitor.page.goto("/feedback/")
    visitor.page.click("main button[type=submit]")
    visitor.page.wait_for_selector("[data-focus]")
    assert visitor.page.evaluate("document.activeElement.hasAttribute('data-focus')")
    assert visitor.troubles() == []
