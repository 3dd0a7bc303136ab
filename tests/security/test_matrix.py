"""Every address × every role × own and foreign things, compared with the table that people have read."""

import io
import zipfile

import pytest
from django.db import connection
from docx import Document
from openpyxl import Workbook

from tests.security import matrix
from tests.security.columns import COLUMNS, OF_ONE_CLASS, WHOLE_SCHOOL, Column, Place, Scope
from tests.security.objects import EXCEPTIONS, OBJECTS
from tests.security.world import World
from xuequ.systems.office.access.slips import Slip, slips_pdf

pytestmark = pytest.mark.django_db
WRITES_ONLY = connection.vendor == "postgresql"
"""Reading asks both databases the same; what is written is worth a second walk."""

Methods = dict[str, tuple[str, ...]]


@pytest.fixture(scope="package")
def methods(world: World) -> Methods:
    """What each address answers to."""
    declared = {route.pattern: matrix.declared_methods(world, route) for route in matrix.known_routes()}
    if not WRITES_ONLY:
        return declared
    return {pattern: tuple(m for m in found if m != "GET") for pattern, found in declared.items()}


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.code)
def test_a_reader_opens_what_the_table_says_and_meets_nobody_else(
    world: World, methods: Methods, column: Column
) -> None:
    found = matrix.walk(world, column, methods)
    assert not found.faults, "\n".join(found.faults)
    assert not (differences := matrix.differences(column, found)), "\n".join(differences)
    assert WRITES_ONLY or met_as_promised(world, column, found.met)


def met_as_promised(world: World, column: Column, met: frozenset[str]) -> bool:
    """Whether those who have pupils met one of them, else the walk would prove nothing about the others."""
    child = world.sides[Place.OWN].room.pupils[0].person.name
    of_staff = column.scope != Scope.AREA and column.role in WHOLE_SCHOOL | OF_ONE_CLASS
    return child in met or not (of_staff or column.scope == Scope.FAMILY)


def test_every_part_of_an_address_is_known() -> None:
    unknown = sorted({prefix for route in matrix.routes() for prefix in route.unknown})
    assert not unknown, (
        f"Say in OBJECTS of tests/security/objects.py which object stands behind {unknown}, own, near and far; "
        "then run `python -m tools.permissions` and read what it adds to tests/security/matrix.txt."
    )
    prefixes = {prefix for route in matrix.routes() for prefix in route.prefixes}
    patterns = {route.pattern for route in matrix.routes()}
    assert not (set(OBJECTS) - prefixes) | (set(EXCEPTIONS) - patterns), "addresses that no longer exist"


@pytest.mark.skipif(WRITES_ONLY, reason="one database says it for both")
def test_every_address_has_a_row(methods: Methods) -> None:
    rows = {matrix.row_name(r, method) for r in matrix.known_routes() for method in methods[r.pattern]}
    table = set(matrix.read()["an"])
    assert rows == table, (
        f"New: {sorted(rows - table)}; gone: {sorted(table - rows)}. Run `python -m tools.permissions`, read every "
        "changed line of tests/security/matrix.txt against docs/explanation/who-sees-what.md, and commit it."
    )


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.code)
def test_the_back_office_is_for_system_administrators(world: World, column: Column) -> None:
    client = world.own[column.code].client
    signs = {path: matrix.ask(client, "GET", path).sign for path in matrix.back_office()}
    opened = {path for path, sign in signs.items() if sign == "+"} - matrix.DOORS
    if column.code == "sy":
        assert set(signs.values()) <= {"+", "4", "3"} and opened
    else:
        assert opened == set(), "only those with the second hat of a superuser come in"


def test_the_walk_reads_what_people_can_read() -> None:
    book, text = Workbook(), Document()
    book.active["A1"] = "学生1"
    text.add_paragraph("学生2")
    files = [io.BytesIO(), io.BytesIO()]
    book.save(files[0])
    text.save(files[1])
    bundle = io.BytesIO()
    with zipfile.ZipFile(bundle, "w") as archive:
        for number, file in enumerate(files):
            archive.writestr(f"{number}.bin", file.getvalue())
    assert set(matrix.WORDS.findall(matrix.readable(bundle.getvalue()))) == {"学生1", "学生2"}
    assert matrix.WORDS.findall(matrix.readable(b'{"a": "\\u5b66\\u751f3"}', "application/json")) == ["学生3"]
    assert matrix.WORDS.findall(matrix.readable("&#23398;生4".encode())) == ["学生4"]


def test_the_walk_reads_a_printed_page() -> None:
    slip = Slip("学生5", "虚构学校", "account-6", "pw")
    assert set(matrix.WORDS.findall(matrix.readable(slips_pdf([slip], "/")))) == {"学生5", "account-6"}
