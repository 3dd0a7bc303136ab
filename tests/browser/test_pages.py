"""Every page that a role can reach: accessible, quiet, in Chinese, and fit for a phone."""

import pytest

from xuequ.kit.demo.accounts import DEMO_LOGINS

from .visits import Visitor

PAGES = 6


def walked(visitor: Visitor, limit: int) -> str:
    """Walk from home and return what is wrong, a line for each trouble."""
    return "\n".join(
        f"{address}  {trouble}" for address in visitor.walk(limit) for trouble in visitor.troubles()
    )


@pytest.mark.parametrize("username", list(DEMO_LOGINS))
def test_every_page_of_a_role(visitor: Visitor, username: str) -> None:
    visitor.sign_in(username)
    assert walked(visitor, PAGES) == ""


@pytest.mark.parametrize("address", ["/accounts/login/", "/feedback/", "/accounts/inactive/"])
def test_pages_before_signing_in(visitor: Visitor, address: str) -> None:
    visitor.page.goto(address)
    assert visitor.troubles() == []


def test_page_that_does_not_exist(visitor: Visitor) -> None:
    visitor.page.goto("/no/such/page/")
    assert [trouble for trouble in visitor.troubles() if "status of 404" not in trouble] == []


@pytest.mark.parametrize("username", ["demo-officer", "demo-guardian"])
def test_dark(visitor: Visitor, username: str) -> None:
    visitor.page.emulate_media(color_scheme="dark")
    visitor.sign_in(username)
    assert visitor.page.get_attribute("html", "data-bs-theme") == "dark"
    assert walked(visitor, 5) == ""


def test_english(visitor: Visitor) -> None:
    visitor.sign_in("demo-officer")
    visitor.page.click(".xq-account")
    visitor.page.click("button[value=en]")
    assert visitor.page.get_attribute("html", "lang") == "en"
    assert walked(visitor, 5) == ""


def test_form_with_errors(visitor: Visitor) -> None:
    visitor.page.goto("/feedback/")
    visitor.page.click("main button[type=submit]")
    visitor.page.wait_for_selector("[data-focus]")
    assert visitor.page.evaluate("document.activeElement.hasAttribute('data-focus')")
    assert visitor.troubles() == []
