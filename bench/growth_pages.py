"""CPU of the signed-in pages beside a bare Django page that runs the same queries and shows as many cells.

    python bench/growth_pages.py --home .xuequ/demo-district

The bare page has the session and the sign-in but no shell: it sends every query of the real page again, reads all
rows, and renders a table with as many rows, cells and links as the real page has. What is left over is what our shell,
figures and words cost. The data folder is one that ``xuequ demo --scale district --no-serve`` has filled.
"""

import argparse
import json
import os
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

TARGET = 3.0
MOST_QUERIES = 12
PAGES = {
    "home": "/",
    "runs": "/growth/runs/",
    "district": "/growth/runs/{run}/",
    "school": "/growth/runs/{run}/schools/{school}/",
    "office": "/office/",
}

BARE = """{% for row in rows %}<tr>{% for cell in row.cells %}<td>{{ cell }}</td>{% endfor %}{% for id in row.links %}
<a href="{% url 'job' id %}">{{ id }}</a>{% endfor %}</tr>{% endfor %}"""


def main() -> int:
    """Measure each page and print its ratio; exit 1 when a page misses its target."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--repeats", type=int, default=30)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    os.environ |= {"XUEQU_HOME": str(options.home.resolve()), "XUEQU_DEMO": "1", "POLARS_MAX_THREADS": "1"}
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    rows = measure(options.repeats)
    if options.json:
        print(json.dumps(rows))
    else:
        print(f"{'page':<10}{'queries':>8}{'ours ms':>10}{'bare ms':>10}{'ratio':>8}")
        for row in rows:
            print(
                f"{row['page']:<10}{row['queries']:>8}{row['ours']:>10.2f}{row['bare']:>10.2f}{row['ratio']:>8.2f}"
            )
    return int(any(row["ratio"] > TARGET or row["queries"] > MOST_QUERIES for row in rows))


def measure(repeats: int) -> list[dict[str, Any]]:
    """Return queries, CPU-ms of both pages and their ratio, for every page."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "xuequ.site.settings"
    import django

    django.setup()
    from django.conf import settings
    from django.test import Client

    settings.ALLOWED_HOSTS = ["testserver"]
    client = Client()
    client.force_login(_officer())
    return [{"page": name, **_page(client, path, repeats)} for name, path in _paths().items()]


def _officer() -> Any:
    from xuequ.core.models import Account

    return Account.objects.get(username="demo-officer")


def _paths() -> dict[str, str]:
    from xuequ.systems.growth.models import SchoolGrowth

    row = SchoolGrowth.objects.select_related("school", "evaluation__run").order_by("id").first()
    assert row is not None, "the demo has no growth run"
    names = {"run": row.evaluation.run.uid, "school": row.school.uid}
    return {name: path.format(**names) for name, path in PAGES.items()}


def _page(client: Any, path: str, repeats: int) -> dict[str, Any]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(
        connection,
    ) as caught:
        response = client.get(path)
    assert response.status_code == 200, (path, response.status_code)
    statements = [query["sql"] for query in caught.captured_queries if query["sql"].startswith("SELECT")]
    bare = _bare_page(statements, response.content.decode())
    # Turn about, so that whatever else the machine does falls on both.
    ours = theirs = 0.0
    for _turn in range(repeats):
        ours += _cpu(lambda: client.get(path))
        theirs += _cpu(bare)
    return {
        "queries": len(statements),
        "ours": 1000 * ours / repeats,
        "bare": 1000 * theirs / repeats,
        "ratio": ours / theirs,
    }


def _bare_page(statements: list[str], html: str) -> Callable[[], object]:
    """A view behind the same client machinery, with the same statements and as many cells and links."""
    from django.contrib.auth.decorators import login_required
    from django.contrib.auth.middleware import AuthenticationMiddleware
    from django.contrib.sessions.middleware import SessionMiddleware
    from django.db import connection
    from django.http import HttpRequest, HttpResponse
    from django.template import engines
    from django.test import RequestFactory

    template = engines["django"].from_string(BARE)
    shape = _shape(html)

    @login_required
    def view(request: HttpRequest) -> HttpResponse:
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement.replace("%", "%%") if "%" in statement else statement, [])
                cursor.fetchall()
        return HttpResponse(template.render({"rows": shape}))

    handler = SessionMiddleware(AuthenticationMiddleware(view))
    factory = RequestFactory()
    officer = _officer()

    def call() -> object:
        request = factory.get("/")
        request.user = officer
        request._cached_user = officer
        return handler(request)

    return call


def _shape(html: str) -> list[dict[str, Any]]:
    """Rows with as many cells and links as the page has in all."""
    rows = re.split(r"<tr", html)
    links = iter(["00000000-0000-0000-0000-000000000000"] * len(re.findall(r"<a\s", html)))
    cells = [len(re.findall(r"<t[dh][\s>]", row)) for row in rows]
    share = max(1, round(len(re.findall(r"<a\s", html)) / len(rows)))
    return [
        {
            "cells": ["0.123 456"] * count,
            "links": [link for _i, link in zip(range(share), links, strict=False)],
        }
        for count in cells
    ]


def _cpu(call: Callable[[], object]) -> float:
    began = time.process_time()
    call()
    return time.process_time() - began


if __name__ == "__main__":
    sys.exit(main())
