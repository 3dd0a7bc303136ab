"""CPU of the signed-in pages beside a bare Django page that runs the same queries and shows as many cells.

    python bench/growth_pages.py --home .xuequ/demo-district

The bare page is served by Django as ``startproject`` makes it, to the same signed-in client: it sends the ORM
queries of the real page, reads all rows, and renders a table with as many rows, cells and links as the real page has.
What is left over is what our shell, figures and words cost. The data folder is one that
``xuequ demo --scale district --no-serve`` has filled.
"""

import argparse
import json
import os
import re
import sys
import time
from collections.abc import Callable
from functools import cache
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

BARE = """{% load i18n %}<nav>{% for link in links %}
<a href="{% url 'bare-job' link %}">{% translate "Growth" %}</a>{% endfor %}</nav>
<table>{% for row in rows %}<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>{% endfor %}</table>"""
# What ``django-admin startproject`` gives, and nothing of ours.
BARE_SITE = {
    "ROOT_URLCONF": "growth_pages",
    "MIDDLEWARE": [
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
}


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
    urlpatterns.extend(urls())
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
    from django.test import override_settings

    client.get(path)  # templates are compiled and caches filled on both sides
    queries, response = _captured(client, path)
    html = response.content.decode()
    with override_settings(**BARE_SITE):
        bare_client = _signed_in(client)
        bare_view.queries, bare_view.shape = queries, _shape(html)
        bare_client.get("/bare/")
    # Turn about, so that whatever else the machine does falls on both.
    ours = theirs = 0.0
    for _turn in range(repeats):
        ours += _cpu(lambda: client.get(path))
        with override_settings(**BARE_SITE):
            theirs += _cpu(lambda: bare_client.get("/bare/"))
    return {
        "queries": len(queries),
        "ours": 1000 * ours / repeats,
        "bare": 1000 * theirs / repeats,
        "ratio": ours / theirs,
    }


def _captured(client: Any, path: str) -> tuple[list[Any], Any]:
    """The ORM queries that the page sends after sign-in, and its answer."""
    from django.db.models.sql.compiler import SQLCompiler

    caught: list[Any] = []
    original = SQLCompiler.execute_sql

    def execute_sql(self: Any, *arguments: Any, **options: Any) -> Any:
        caught.append(self.query.clone())
        return original(self, *arguments, **options)

    SQLCompiler.execute_sql = execute_sql  # type: ignore[method-assign]
    try:
        response = client.get(path)
    finally:
        SQLCompiler.execute_sql = original  # type: ignore[method-assign]
    assert response.status_code == 200, (path, response.status_code)
    return caught, response


def _signed_in(client: Any) -> Any:
    """The same session in a client whose handler loads the bare site's middleware."""
    from django.test import Client

    bare = Client()
    bare.cookies = client.cookies
    return bare


class BareView:
    """Sends the queries, reads every row, and shows as many rows, cells and links as the real page."""

    queries: list[Any]
    shape: dict[str, Any]

    def __call__(self, request: Any) -> Any:
        from django.template.response import SimpleTemplateResponse

        # Session and user are asked for by signing in itself.
        assert request.user.is_authenticated
        for query in self.queries:
            if query.model._meta.label not in {"sessions.Session", "core.Account"}:
                _read(query)
        return SimpleTemplateResponse(_template(), self.shape)


def _read(query: Any) -> None:
    """Send a query and read its rows: objects where the page had objects, plain rows where it had plain rows."""
    from django.db import connection
    from django.db.models import QuerySet

    if query.default_cols and not query.values_select and hasattr(query, "select_related"):
        for _row in QuerySet(model=query.model, query=query.chain()):
            pass
        return
    for _chunk in query.get_compiler(connection=connection).execute_sql("multi") or ():
        pass


@cache
def _template() -> Any:
    from django.template import engines

    return engines["django"].from_string(BARE)


bare_view = BareView()


def _shape(html: str) -> dict[str, Any]:
    """As many table rows, cells and links as the page has."""
    rows = re.split(r"<tr[\s>]", html)[1:]
    cells = [["0.123 456"] * len(re.findall(r"<t[dh][\s>]", row)) for row in rows]
    links = ["00000000-0000-0000-0000-000000000000"] * len(re.findall(r"<a\s", html))
    return {"rows": cells, "links": links}


def _cpu(call: Callable[[], object]) -> float:
    began = time.process_time()
    call()
    return time.process_time() - began


def urls() -> list[Any]:
    """The bare site's two addresses."""
    from django.urls import path

    return [path("bare/", bare_view), path("jobs/<uuid:uid>/", bare_view, name="bare-job")]


if __name__ == "__main__":
    # The bare site's URLs are looked up in this module under its own name.
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    import growth_pages

    sys.exit(growth_pages.main())
else:
    urlpatterns: list[Any] = []
