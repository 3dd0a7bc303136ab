"""Follows every link from home as each role, without a browser: which pages there are, and what they cost.

Run in the data folder of a demo (``python -m tests.walk.walker FILE``), since it needs the site's own settings.
"""

import json
import re
import sys
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from html import unescape
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import urljoin, urlsplit

from tests.site.labels import english_labels

NOBODY = ""
"""Who walks before signing in."""

BEFORE_SIGNING_IN = ("/accounts/login/", "/accounts/inactive/", "/accounts/bind/sent/")
NOT_WALKED = ("/backoffice/", "/accounts/logout/", "/api/", "/static/")
SAME_PATTERN = 3
"""How many addresses of one pattern each role opens: what a page links to depends on the state of its subject."""

SAME_FILE = 3
"""How many files of one pattern and kind are made in all."""

SEARCHED = {"/office/search/": {"words": "陈"}}
"""Pages that lead on only after something was asked, and what is asked."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One page as one role saw it.

    ``pattern``: the route of the resolver; ``kind``: the templates it was made of; ``source``: the page with the link;
    ``menu``: whether the role's menu leads to it; ``queries``: what it asked of the database.
    """

    who: str
    address: str
    pattern: str
    status: int
    kind: str
    source: str
    menu: bool
    queries: int
    english: tuple[str, ...]

    @property
    def is_page(self) -> bool:
        """Whether it is a page to look at, not a file, a redirect or a refusal."""
        return bool(self.kind)


LINK = re.compile(r'<a\b[^>]*?\shref="([^"]*)"')
MENU = re.compile(r'<ul class="xq-nav"[^>]*>(.*?)</ul>', re.DOTALL)


def links_of(html: str) -> list[str]:
    """Return where the links of a page lead, but for those to a place on the page itself."""
    return [href for found in LINK.findall(html) if (href := unescape(found)) and not href.startswith("#")]


@dataclass(slots=True)
class Page:
    """What came back for an address."""

    status: int
    body: str
    leads_to: str
    kind: str
    queries: int


class Window:
    """Django's test client as one role, with the questions to the database counted."""

    def __init__(self, username: str) -> None:
        from django.conf import settings
        from django.test import Client

        from xuequ.core.models import Account

        self.client = Client(SERVER_NAME="127.0.0.1", raise_request_exception=False)
        if username != NOBODY:
            account = Account.objects.get(username=username)
            self.client.force_login(account, settings.AUTHENTICATION_BACKENDS[-1])

    def answers_get(self, address: str) -> bool:
        """Whether an address says that it answers to GET: asked in a method that no view has, it runs none."""
        response = self.client.generic("PROPFIND", address)
        return response.status_code != 405 or "GET" in response.headers.get("Allow", "GET")

    def ask(self, address: str, data: dict[str, Any] | None = None) -> Page:
        """Open an address, or send ``data`` to it."""
        from django.db import connection, reset_queries
        from django.test.utils import CaptureQueriesContext

        reset_queries()  # the log keeps 9,000 only
        with CaptureQueriesContext(connection) as asked:
            response = self.client.post(address, data) if data else self.client.get(address)
        is_html = response.headers.get("Content-Type", "").startswith("text/html")
        shown = is_html and not response.headers.get("Content-Disposition", "").startswith("attachment")
        body = response.content.decode() if shown else ""
        return Page(
            status=response.status_code,
            body=body,
            leads_to=response.headers.get("Location", ""),
            kind=_kind(response) if body else "",
            queries=len(asked),
        )


def _kind(response: Any) -> str:
    """Return the templates of the page's own folder that it was made of: another state is another kind of page."""
    names = {template.name for template in response.templates if template.name}
    return " ".join(
        sorted(name for name in names if not name.startswith(("base", "_", "django/", "django_")))
    )


def walk(username: str, files: "Counter[tuple[str, str]] | None" = None) -> Iterator[Visit]:
    """Open what links lead to from home, at most ``SAME_PATTERN`` addresses of each pattern.

    ``files`` counts the files that earlier walks have opened: each kind of file is made ``SAME_FILE`` times in all,
    since making it takes longer than any page, and who may have it is walked in tests/security.
    """
    files = Counter() if files is None else files
    window = Window(username)
    starts = BEFORE_SIGNING_IN if username == NOBODY else ("/",)
    menu: set[str] = set(starts)
    seen, waiting, count = set(starts), deque((start, "") for start in starts), Counter[str]()
    while waiting:
        address, source = waiting.popleft()
        pattern = pattern_of(address)
        count[pattern] += 1
        if count[pattern] > SAME_PATTERN and address not in menu:
            continue
        if suffix := PurePath(urlsplit(address).path).suffix:
            files[pattern, suffix] += 1
            if files[pattern, suffix] > SAME_FILE:
                continue
        page = window.ask(address)
        english = tuple(english_labels(page.body))
        yield Visit(
            username, address, pattern, page.status, page.kind, source, address in menu, page.queries, english
        )
        for target in _targets(window, address, page, menu):
            if target not in seen:
                seen.add(target)
                waiting.append((target, address))


def _targets(window: Window, address: str, page: Page, menu: set[str]) -> Iterator[str]:
    bodies = [page.body]
    if urlsplit(address).path in SEARCHED:
        bodies.append(window.ask(address, SEARCHED[urlsplit(address).path]).body)
    menu.update(href for body in bodies for part in MENU.findall(body) for href in links_of(part))
    found = [href for body in bodies for href in links_of(body)]
    for href in [page.leads_to, *found] if page.leads_to else found:
        target = urlsplit(urljoin(address, href))
        if not target.netloc and not target.path.startswith(NOT_WALKED):
            yield f"{target.path}?{target.query}" if target.query else target.path


def pattern_of(address: str) -> str:
    """Return the resolver's route for an address; the address itself when nothing answers there."""
    from django.urls import Resolver404, resolve

    path = urlsplit(address).path
    try:
        return resolve(path).route
    except Resolver404:
        return path


def pages_of_the_resolver() -> list[str]:
    """Return the routes that answer a GET: all but those whose view says that it takes sent forms only."""
    window = Window("demo-data")
    routes = [route for route in _routes() if not f"/{route}".startswith(NOT_WALKED)]
    return [route for route in dict.fromkeys(routes) if window.answers_get(_example(route))]


def _routes(resolver: Any = None, prefix: str = "") -> Iterator[str]:
    from django.urls import get_resolver

    for item in (resolver or get_resolver()).url_patterns:
        route = f"{prefix}{item.pattern}"
        if hasattr(item, "url_patterns"):
            yield from _routes(item, route)
        else:
            yield route


def _example(route: str) -> str:
    """Return an address of the route about things that do not exist."""
    for kind, value in (("uuid", "0b2c5a1e-8d7f-4a83-9b8e-2f6f1f0a9c11"), ("int", "0"), ("s", "none")):
        while f"<{kind}" in route:
            before, _start, rest = route.partition(f"<{kind}")
            route = before + value + rest.partition(">")[2]
    return f"/{route}"


def count_queries_only() -> None:
    """Keep the log of queries from asking the database how each would read with its values in it: it is counted."""
    from django.db import connection

    connection.ops.last_executed_query = lambda _cursor, sql, _values: sql


def main(file: Path) -> None:
    """Walk as everybody and write what was seen."""
    import django

    django.setup()
    from django.conf import settings
    from django.test.utils import setup_test_environment

    from tests.walk.preparations import FAMILY
    from xuequ.kit.demo.accounts import DEMO_LOGINS

    setup_test_environment()
    settings.CARDS_RAISE = True  # a home page with a card missing is a page that failed
    count_queries_only()
    pages = pages_of_the_resolver()
    files: Counter[tuple[str, str]] = Counter()
    everybody = (NOBODY, *DEMO_LOGINS, FAMILY)
    visits = [asdict(visit) for username in everybody for visit in walk(username, files)]
    file.write_text(json.dumps({"pages": pages, "visits": visits}, ensure_ascii=False), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
