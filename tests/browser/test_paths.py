"""What people do, by keyboard alone and on a phone."""

import re

from playwright.sync_api import expect

from .visits import PHONE, Visitor


def tab_to(visitor: Visitor, selector: str, most: int = 60) -> None:
    """Press Tab until ``selector`` has the focus."""
    for _press in range(most):
        visitor.page.keyboard.press("Tab")
        if visitor.page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{selector} is not reached by {most} presses of Tab")


def test_skip_link_comes_first(visitor: Visitor) -> None:
    visitor.sign_in("demo-officer")
    visitor.page.goto("/feedback/")
    visitor.page.keyboard.press("Tab")
    skip = visitor.page.locator(".xq-skip")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    visitor.page.keyboard.press("Enter")
    expect(visitor.page.locator("main")).to_be_focused()


def test_sign_in_write_and_sign_out_by_keyboard(visitor: Visitor) -> None:
    page = visitor.page
    page.goto("/accounts/login/")
    tab_to(visitor, "button[value=demo-teacher]")
    page.keyboard.press("Enter")
    page.wait_for_selector(".xq-account")
    tab_to(visitor, "footer a")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/feedback/"))
    tab_to(visitor, "#id_text")
    page.keyboard.type("键盘也能完成")
    tab_to(visitor, "main form button[type=submit]")
    page.keyboard.press("Enter")
    expect(page.locator(".alert-success")).to_contain_text("感谢您的反馈")
    expect(page.locator("main")).to_contain_text("键盘也能完成")
    tab_to(visitor, ".xq-account")
    page.keyboard.press("Enter")
    tab_to(visitor, "form[action='/accounts/logout/'] button")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/accounts/login/"))
    assert visitor.noted == []


def test_wrong_password_is_announced(visitor: Visitor) -> None:
    page = visitor.page
    page.goto("/accounts/login/")
    page.fill("#id_login", "somebody")
    page.fill("#id_password", "wrong")
    page.keyboard.press("Enter")
    page.wait_for_selector("[role=alert][data-focus]")
    expect(page.locator("[data-focus]")).to_be_focused()
    assert visitor.troubles() == []


def test_theme_is_kept_and_does_not_flash(visitor: Visitor) -> None:
    visitor.sign_in("demo-teacher")
    visitor.page.click(".xq-account")
    visitor.page.click("[data-theme-value=dark]")
    expect(visitor.page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    visitor.page.goto("/feedback/", wait_until="commit")
    visitor.page.wait_for_selector("body", state="attached")
    assert visitor.page.get_attribute("html", "data-bs-theme") == "dark"  # set before the first paint


def test_menu_on_a_phone(visitor: Visitor) -> None:
    visitor.sign_in("demo-officer")
    page = visitor.page
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    opener = page.locator(".xq-bottom button")
    opener.click()
    menu = page.locator("#menu")
    expect(menu).to_be_visible()
    expect(menu.locator("[aria-current=page]")).to_be_visible()
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(opener).to_be_focused()


def test_every_menu_entry_marks_itself_as_current(visitor: Visitor) -> None:
    visitor.sign_in("demo-officer")
    links = visitor.page.eval_on_selector_all(
        ".xq-nav a", "found => found.map((a) => a.getAttribute('href'))"
    )
    assert len(links) > 1
    for link in links:
        visitor.page.goto(link)
        expect(visitor.page.locator(".xq-nav [aria-current=page]")).to_have_count(1)
