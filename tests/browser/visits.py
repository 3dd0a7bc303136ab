"""One browser window, and what is wrong with a page."""

from dataclasses import dataclass, field
from typing import Any, Self

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response

from tests.site.labels import english_labels
from tests.walk.preparations import FAMILY, PASSWORD

DESK = {"width": 1280, "height": 800}
PHONE = {"width": 360, "height": 740}
LISTEN = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.violations.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sample}`));
"""
# No rule that is asked reads style sheets as text, so axe need not fetch and parse them for each run.
AXE_RUN = """async (contrast) => {
  const rules = {"color-contrast": {enabled: contrast}};
  const result = await axe.run(document, {rules, resultTypes: ["violations"], preload: {assets: ["media"]}});
  const shown = (nodes) => nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" | ");
  return result.violations.map((one) => `${one.id}: ${shown(one.nodes)}`);
}"""
SMALL_TARGETS = """() => [...document.querySelectorAll(".btn, .xq-bottom > *, .form-control, .form-select, .xq-nav a")]
  .filter((one) => one.offsetParent !== null && one.getBoundingClientRect().height < 43.5)
  .map((one) => one.outerHTML.slice(0, 120))"""


BROKEN_IMAGES = """() => [...document.images]
  .filter((one) => one.complete && one.naturalWidth === 0)
  .map((one) => one.outerHTML.slice(0, 120))"""


@dataclass
class Visitor:
    """A window with nobody signed in, whose troubles are collected."""

    context: BrowserContext
    page: Page
    base: str
    axe: str
    noted: list[str] = field(default_factory=list)

    @classmethod
    def enter(cls, browser: Browser, base: str, axe: str) -> Self:
        """Open a window on the site."""
        context = browser.new_context(viewport=DESK, base_url=base, locale="zh-CN", reduced_motion="reduce")  # type: ignore[arg-type]
        context.add_init_script(LISTEN)
        visitor = cls(context, context.new_page(), base, axe)
        visitor.page.on("console", visitor._on_console)
        visitor.page.on("pageerror", lambda error: visitor.noted.append(f"script error: {error}"))
        visitor.page.on("response", visitor._on_response)
        return visitor

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.noted.append(f"console {message.type}: {message.text}")

    def _on_response(self, response: Response) -> None:
        if response.status >= 500:
            self.noted.append(f"{response.status}: {response.url}")

    def sign_in(self, username: str) -> None:
        """Take one of the demo's accounts; the guardian who came by a letter types a password."""
        self.page.goto("/accounts/login/")
        if username == FAMILY:
            self.page.fill("#id_login", username)
            self.page.fill("#id_password", PASSWORD)
            self.page.keyboard.press("Enter")
        else:
            self.page.click(f'button[name=username][value="{username}"]')
        self.page.wait_for_selector(".xq-account")

    def troubles(self, *, closely: bool = True) -> list[str]:
        """Return what is wrong with the page as it is shown now, at a desk and on a phone; ``closely``: with axe.

        Colours do not hang on the width of the window, and comparing them takes axe most of its time: on a phone only
        home pages are asked about them, for the bar below that no desk shows.
        """
        found = [f"English: {label}" for label in english_labels(self.page.content())] if self.chinese else []
        found += self._layout("at a desk", closely, contrast=True)
        self.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        at_home = self.page.url.removeprefix(self.base) == "/"
        found += self._layout("on a phone", closely, contrast=at_home)
        found += [f"broken image: {html}" for html in self.page.evaluate(BROKEN_IMAGES)]
        found += [f"small target on a phone: {html}" for html in self.page.evaluate(SMALL_TARGETS)]
        self.page.set_viewport_size(DESK)  # type: ignore[arg-type]
        found += [f"policy: {violation}" for violation in self.page.evaluate("window.violations")]
        found += self.noted
        self.noted.clear()
        return found

    def _layout(self, where: str, closely: bool, *, contrast: bool) -> list[str]:
        found = [f"axe {where}: {trouble}" for trouble in self.violations(contrast)] if closely else []
        return found if self.fits() else [*found, f"scrolls sideways {where}"]

    @property
    def chinese(self) -> bool:
        """Whether the page is in Chinese."""
        return self.page.get_attribute("html", "lang") == "zh-CN"

    def fits(self) -> bool:
        """Whether nothing stands out to the right; a chart takes its new width a moment after the window has."""
        for _moment in range(40):
            # Asked again from outside: waiting inside the page would need eval, which its policy forbids.
            if self.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"):
                return True
            self.page.wait_for_timeout(100)
        return False

    def violations(self, contrast: bool = True) -> list[str]:
        """Return what axe finds; with ``contrast`` also of colours that are too close."""
        if not self.page.evaluate("typeof axe === 'object'"):
            self.page.evaluate(self.axe)
        result: Any = self.page.evaluate(AXE_RUN, contrast)
        return list(result)
