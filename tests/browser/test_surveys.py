"""Answering a questionnaire on a phone: kept while writing, sent when the network is back, never twice."""

import re

from playwright.sync_api import Page, expect

from .visits import PHONE, Visitor


def opened(visitor: Visitor) -> Page:
    """Open the questionnaire that waits for the family."""
    visitor.sign_in("demo-guardian")
    page = visitor.page
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.goto("/office/surveys/mine/")
    page.click("main .list-group a")
    page.wait_for_selector("[data-survey] .sd-question")
    return page


def test_answering_on_a_phone(visitor: Visitor) -> None:
    page = opened(visitor)
    assert visitor.troubles() == []
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    send = page.locator("[data-survey] .sd-navigation__complete-btn")
    send.click()  # the first question must be answered
    expect(page.locator("[data-survey] .sd-error").first).to_be_visible()
    assert visitor.troubles() == []
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.get_by_text("参加", exact=True).click()
    expect(page.get_by_text("希望参加哪几天").first).to_be_visible()  # asked only of those who want it
    page.get_by_text("周二", exact=True).click()
    page.locator("[data-survey] textarea").fill("多一些科学实验")
    page.keyboard.press("Tab")
    page.wait_for_timeout(300)

    # Closed and opened again: everything is still there.
    page.reload()
    page.wait_for_selector("[data-survey] .sd-question")
    expect(page.locator("[data-survey-status]")).to_be_visible()
    expect(page.locator("[data-survey] textarea")).to_have_value("多一些科学实验")

    # Sent without a network: kept, and on its way as soon as there is one.
    visitor.context.set_offline(True)
    send.click()
    expect(page.locator("[data-survey-status].alert-warning")).to_be_visible()
    visitor.noted.clear()  # the browser itself reports the failed request
    visitor.context.set_offline(False)
    expect(page.locator("[data-survey-done]")).to_be_visible(timeout=40_000)
    expect(page.locator("[data-survey]")).to_be_hidden()
    assert visitor.troubles() == []
    page.goto("/office/surveys/mine/")
    expect(page.locator("main .list-group")).to_have_count(0)
    assert visitor.troubles() == []


def test_the_designer_by_keyboard(visitor: Visitor) -> None:
    visitor.sign_in("demo-officer")
    page = visitor.page
    page.goto("/office/surveys/new/")
    page.fill("#id_title", "键盘问卷")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/drafts/"))
    page.focus("#id_title")
    page.keyboard.type("您的看法")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/questions/"))
    assert visitor.troubles() == []
    page.focus("main form button[type=submit]")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-survey] .sd-question")
    expect(page.locator("[data-survey]")).to_contain_text("您的看法")
    assert visitor.troubles() == []
    page.goto(page.url + "delete/")
    page.click("main form button[type=submit]")
    page.wait_for_url(re.compile(r"/surveys/$"))
