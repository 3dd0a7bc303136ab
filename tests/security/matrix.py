"""The walk through every address of the site, and the table of what it finds.

A cell has one sign for each distance at which the address has an object (own, near, far, and mixed: one's own object
before a far one in the same address): ``+`` answered, ``3`` no right (403), ``4`` not found (404), ``s`` to the
sign-in page, ``.`` no such object.
"""

import html
import io
import json
import re
import uuid
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from unicodedata import normalize

from django.db import transaction
from django.http import HttpRequest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests.security.columns import (
    COLUMNS,
    IMPORTERS,
    PUPILS_NAMED,
    SCHOOLS_NAMED,
    Column,
    Place,
    Scope,
    may_read,
)
from tests.security.objects import BODIES, EXCEPTIONS, OBJECTS
from tests.security.world import World
from xuequ.district.choices import Role

TABLE = Path(__file__).with_name("matrix.txt")
BACK_OFFICE = "backoffice/"
PART = re.compile(r"<(?:\w+:)?(\w+)>")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
PLACES = (Place.OWN, Place.NEAR, Place.FAR, Place.MIXED)
WORDS = re.compile(r"学生\d+|教师\d+|家长\d+|G0\d{8}|T\d{6}|account-\d+|6[123]\.37")
EXAMPLES = {"G000000201"}
"""Stands in the shipped template for rosters, and happens to look like a number of the factories."""
BELOW_DISTRICT = {Scope.AREA, Scope.SCHOOL, Scope.GRADE, Scope.CLASS}
SCHOOLS = re.compile(r"测试第\d+初级中学|测试山村学校")


@dataclass(frozen=True)
class Route:
    """An address of the site: its name and its pattern with the parts in braces."""

    name: str
    pattern: str

    @cached_property
    def prefixes(self) -> list[str]:
        """The address up to and including each of its parts."""
        return [self.pattern[: match.end()] for match in re.finditer(r"\{\w+\}", self.pattern)]

    @property
    def unknown(self) -> list[str]:
        """Parts of which nobody has said what they are."""
        return [prefix for prefix in self.prefixes if prefix not in OBJECTS]

    def path(self, world: World, column: Column, place: Place) -> str | None:
        """Return the address of the objects at ``place``; None where there is none, or where it is the same as near."""
        found = [self._value(world, column, place, index) for index in range(len(self.prefixes))]
        if None in found or (place == Place.MIXED and sum(_is_object(v) for v in found) < 2):
            return None
        values = iter(found)
        return "/" + re.sub(r"\{\w+\}", lambda _match: str(_key(next(values))), self.pattern)

    def _value(self, world: World, column: Column, place: Place, index: int) -> Any:
        if place == Place.MIXED and index == 0:
            place = Place.OWN
        prefix = self.prefixes[index]
        finder = EXCEPTIONS.get(self.pattern, OBJECTS[prefix]) if index == 0 else OBJECTS[prefix]
        key = (finder, column.code, place)
        if key not in world.objects:
            world.objects[key] = finder(world, column, place)
        return world.objects[key]

    def has_object(self, world: World, column: Column) -> bool:
        """Whether the address names an object, so that it can be foreign."""
        values = [self._value(world, column, Place.OWN, index) for index in range(len(self.prefixes))]
        return any(_is_object(value) for value in values)

    def gone(self, path: str) -> str:
        """Return the address with every object replaced by one that does not exist."""
        text = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", lambda _match: str(uuid.uuid4()), path)
        return re.sub(r"(?<=(?:log-ins|asskeys|eadings)/)\d+", "999999999", text)


def _is_object(value: object) -> bool:
    return not isinstance(value, str | int)


def _key(value: Any) -> Any:
    if isinstance(value, str | int | uuid.UUID):
        return value
    return getattr(value, "uid", None) or value.pk


def routes() -> list[Route]:
    """Return every address of the site but those of the back office, in the order of the URL modules."""
    found: dict[str, Route] = {}
    for pattern, name in _patterns(get_resolver()):
        if not pattern.startswith(BACK_OFFICE):
            found.setdefault(pattern, Route(re.sub(r"^api-[\d.]+", "api", name), pattern))
    return list(found.values())


def known_routes() -> list[Route]:
    """Return the addresses that can be walked; the others are told by a test of their own."""
    return [route for route in routes() if not route.unknown]


def back_office() -> list[str]:
    """Return the addresses of the back office, with the key of the first row."""
    found = [pattern for pattern, _name in _patterns(get_resolver()) if pattern.startswith(BACK_OFFICE)]
    return ["/" + re.sub(r"\{\w+\}", "1", _plain(pattern)) for pattern in found]


def _plain(pattern: str) -> str:
    return re.sub(r"\(\?P<\w+>[^)]*\)\$?$", "x/", pattern)


def _patterns(
    resolver: URLResolver, before: str = "", spaces: tuple[str, ...] = ()
) -> Iterator[tuple[str, str]]:
    for item in resolver.url_patterns:
        pattern = before + PART.sub(r"{\1}", str(item.pattern))
        if isinstance(item, URLPattern):
            yield pattern, ":".join([*spaces, item.name or pattern])
        else:
            yield from _patterns(item, pattern, (*spaces, item.namespace) if item.namespace else spaces)


# Asking.


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: its sign for the table, and everything in it that a person could read."""

    sign: str
    status: int
    words: frozenset[str] = frozenset()
    schools: frozenset[str] = frozenset()
    is_page: bool = False
    offers_file: bool = False
    has_read_query: bool = False


SIGN_IN = ("/accounts/login/", f"/{BACK_OFFICE}login/")
"""Where people are sent who have to sign in first, or with an account that may do more."""
DOORS = {f"/{BACK_OFFICE}login/", f"/{BACK_OFFICE}logout/"}
"""The back office's own way in and out, which show nothing of it."""


def ask(client: Client, method: str, path: str, body: dict[str, str] | None = None) -> Answer:
    """Ask and undo whatever it did."""
    cookies = client.cookies.copy()
    with transaction.atomic():
        response: Any = client.generic(method, path) if method != "POST" else client.post(path, body or {})
        answer = _answer(response)
        transaction.set_rollback(True)
    client.cookies = cookies
    return answer


def _answer(response: Any) -> Answer:
    status, to = response.status_code, response.headers.get("Location", "")
    if status == 401 or (status == 302 and to.startswith(SIGN_IN)):
        return Answer("s", status)
    if status in {403, 404}:
        return Answer(str(status)[-1], status)
    text = to + _text(response)
    words = frozenset(WORDS.findall(text)) - EXAMPLES
    is_page = status == 200 and response.headers.get("Content-Type", "").startswith("text/html")
    return Answer(
        "+",
        status,
        words,
        frozenset(SCHOOLS.findall(text)),
        is_page,
        offers_file=is_page and "export=" in text,
        has_read_query=_has_read_query(response.wsgi_request),
    )


def _has_read_query(request: HttpRequest) -> bool:
    """Whether anything has looked at the address's query: Django takes it apart when it is first asked for."""
    return "GET" in vars(request)


def _text(response: Any) -> str:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return readable(content, response.headers.get("Content-Type", ""))


def readable(content: bytes, kind: str = "") -> str:
    """Return what a person could read in a page, a table, an office file, a PDF or an archive of them."""
    if content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return "\n".join(readable(archive.read(name)) for name in archive.namelist())
    if content.startswith(b"%PDF"):
        from pypdf import PdfReader

        pages = (page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
        # In compatibility forms of the same signs, and with the thin space that is set between a sign and a figure.
        return re.sub(r"(?<=[\u4e00-\u9fff]) (?=\d)", "", normalize("NFKC", "\n".join(pages)))
    text = content.decode("utf-8", "ignore")
    return json.dumps(json.loads(text), ensure_ascii=False) if "json" in kind else html.unescape(text)


def declared_methods(world: World, route: Route) -> tuple[str, ...]:
    """Return the methods that a page answers: it says so itself when it is asked for its options."""
    column = next(item for item in COLUMNS if item.role == Role.SYSTEM_ADMINISTRATOR)
    path = route.path(world, column, Place.OWN)
    with transaction.atomic():
        response = world.own[column.code].client.options(path)
        transaction.set_rollback(True)
    allowed = response.headers.get("Allow", "GET, POST")
    return tuple(method for method in METHODS if method in {part.strip() for part in allowed.split(",")})


# Walking.


@dataclass
class Walk:
    """What one reader met: the cells of the table, what is wrong, and which names, numbers and logins were seen.

    ``doubts`` are addresses that refuse a foreign object otherwise than one that does not exist, by the object's
    address; they are faults unless the reader may open the object elsewhere.
    """

    column: Column
    cells: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    doubts: dict[str, list[str]] = field(default_factory=dict)
    opened: set[str] = field(default_factory=set)
    met: frozenset[str] = frozenset()
    asked: int = 0


def row_name(route: Route, method: str) -> str:
    """Return how the table calls a row."""
    return f"{route.name} {method}"


def walk(world: World, column: Column, methods: dict[str, tuple[str, ...]]) -> Walk:
    """Open and send everything as one reader."""
    found = Walk(column)
    for route in known_routes():
        for method in methods[route.pattern]:
            is_first = method == methods[route.pattern][0]
            found.cells[row_name(route, method)] = _cell(world, route, method, is_first, found)
    found.faults += [
        doubt for prefix, doubts in found.doubts.items() if prefix not in found.opened for doubt in doubts
    ]
    return found


def _cell(world: World, route: Route, method: str, is_first: bool, found: Walk) -> str:
    places = PLACES if route.has_object(world, found.column) else PLACES[:1]
    signs = {place: _sign(world, route, method, place, found) for place in places}
    far = signs.get(Place.FAR, ".")
    if far == "+":
        found.opened.add(route.prefixes[0])
    elif far in {"3", "4"} and is_first:
        _compare_with_nothing(world, route, method, far, found)
    return "".join(signs.values()).rstrip(".") or "."


def _sign(world: World, route: Route, method: str, place: Place, found: Walk) -> str:
    path = route.path(world, found.column, place)
    if path is None:
        return "."
    answer = _asked(world, route, method, path, found)
    if place == Place.OWN and method == "GET" and answer.is_page:
        _ask_further(world, route, path, answer, found)
    return answer.sign


def _ask_further(world: World, route: Route, path: str, answer: Answer, found: Walk) -> None:
    """Take the table that the page offers as a file, and name foreign places in the query.

    A page that has not looked at its query cannot answer another one otherwise.
    """
    if answer.offers_file:
        _asked(world, route, "GET", f"{path}?export=xlsx", found)
    if answer.has_read_query and found.column.scope in BELOW_DISTRICT:
        far = world.sides[Place.FAR]
        study = world.study_run.study
        query = f"school={far.school.uid}&area={far.school.area.uid}&study={study.uid}&by=class&export=csv"
        _asked(world, route, "GET", f"{path}?{query}", found)


def _compare_with_nothing(world: World, route: Route, method: str, sign: str, found: Walk) -> None:
    """What is refused must be refused like what does not exist, else the answer tells that it does."""
    path = route.gone(route.path(world, found.column, Place.FAR) or "")
    answer = _asked(world, route, method, path, found)
    if answer.sign != sign:
        doubt = f"{method} /{route.pattern}: {sign} for a foreign object, {answer.sign} for none"
        found.doubts.setdefault(route.prefixes[0], []).append(doubt)


def _asked(world: World, route: Route, method: str, path: str, found: Walk) -> Answer:
    found.asked += 1
    client = world.own[found.column.code].client
    try:
        answer = ask(client, method, path, BODIES.get(route.pattern))
    except Exception as error:
        error.add_note(f"{found.column.title}: {method} {path}")
        raise
    found.met |= answer.words
    found.faults += faults_of(world, found.column, route.pattern, f"{method} {path}", answer)
    return answer


def faults_of(world: World, column: Column, pattern: str, where: str, answer: Answer) -> list[str]:
    """Return what is wrong with an answer: a failure, or a word that is not for this reader."""
    if answer.status >= 500 or answer.status == 405:
        return [f"{where}: answered {answer.status}"]
    shown = [
        *_foreign_words(world, column, pattern, answer),
        *_foreign_schools(world, column, pattern, answer),
    ]
    return [f"{where}: shows {', '.join(shown)}"] if shown else []


def _foreign_words(world: World, column: Column, pattern: str, answer: Answer) -> list[str]:
    if column.is_district and column.role in IMPORTERS and pattern.startswith(tuple(PUPILS_NAMED)):
        return []
    known = {
        word: world.owners[word] for word in answer.words - world.words_of(column) if word in world.owners
    }
    return sorted(word for word, owner in known.items() if not may_read(column, owner))


def _foreign_schools(world: World, column: Column, pattern: str, answer: Answer) -> list[str]:
    if column.is_district or pattern.startswith(tuple(SCHOOLS_NAMED)):
        return []
    return sorted(name for name in answer.schools if world.schools[name] == Place.FAR)


# The table.

HEAD = """\
# Who opens what: one row for each address and method, one column for each reader.
# Written by `python -m tools.permissions` and read by eye; tests/security/test_matrix.py walks it.
# A cell has a sign for each distance: own, near (the same school, another class or person), far (another school),
# mixed (one's own object and a far one in the same address). + answered, 3 no right (403), 4 not found (404),
# s sign in first, . no such object. An address without an object has one sign.
#
"""


def written(cells: dict[str, dict[str, str]]) -> str:
    """Return the table as text; ``cells`` leads from the reader's code to the rows."""
    names = list(next(iter(cells.values())))
    width = max(map(len, names)) + 1
    legend = "".join(f"# {column.code}  {column.title}\n" for column in COLUMNS)
    head = "#".ljust(width) + "".join(column.code.ljust(5) for column in COLUMNS).rstrip()
    rows = [
        name.ljust(width) + "".join((cells[c.code][name] or ".").ljust(5) for c in COLUMNS).rstrip()
        for name in names
    ]
    return HEAD + legend + "\n".join([head, *rows]) + "\n"


def differences(column: Column, found: Walk) -> list[str]:
    """Return where the walk and the table differ, in sentences; rows that one of them lacks are told elsewhere."""
    table = read()[column.code]
    return [
        f"{column.title}: {name} is {sign}, the table says {table[name]}"
        for name, sign in found.cells.items()
        if name in table and table[name] != sign
    ]


def read() -> dict[str, dict[str, str]]:
    """Return the committed table: the rows of each reader."""
    lines = [line.split() for line in TABLE.read_text("utf-8").splitlines() if not line.startswith("#")]
    found: dict[str, dict[str, str]] = {column.code: {} for column in COLUMNS}
    for name, method, *signs in lines:
        for column, sign in zip(COLUMNS, signs, strict=True):
            found[column.code][f"{name} {method}"] = sign
    return found
