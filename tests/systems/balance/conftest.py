"""A small district: four primary schools, two junior schools, a nine-year school, with figures that comply."""

import io
from dataclasses import dataclass
from decimal import Decimal

import pytest
from django.core.files.base import File
from django.test import Client
from openpyxl import Workbook

from tests import factories as make
from xuequ.core.models import Account
from xuequ.district.actors import Actor
from xuequ.district.choices import Role, Stage
from xuequ.district.models import School, SchoolYear
from xuequ.systems.balance.book import Book, SchoolPlace
from xuequ.systems.balance.catalogue import FACTS
from xuequ.systems.balance.choices import Source
from xuequ.systems.balance.values import actions as values
from xuequ.systems.balance.values.actions import Given

BOOKS = (("甲", 45, 279), ("乙", 37, 137), ("丙", 89, 935), ("丁", 76, 160), ("戊", 55, 402))
"""The worked example of the training material: school, pupils, books."""

AMPLE: dict[str, int] = {
    "teachers_college": 0, "teachers_bachelor": 3, "teachers_master": 1, "teachers_doctor": 0, "backbone_teachers": 1,
    "sport_teachers": 1, "music_teachers": 1, "art_teachers": 0, "arts_teachers": 0, "teaching_rooms_m2": 200,
    "indoor_sports_m2": 10, "sports_grounds_m2": 240, "equipment_value_yuan": 60000, "multimedia_rooms": 1,
}  # fmt: skip
"""Figures for about twenty pupils with which every item is met, in primary and junior schools alike."""


def place(pk: int, name: str = "", stage: str = Stage.PRIMARY, area: str = "") -> SchoolPlace:
    return SchoolPlace(pk, f"uid-{pk}", name or f"学校{pk}", stage, area)


def ample_book(*, schools: int = 5, pupils: int = 20) -> Book:
    """Primary schools that all comply, a little apart from each other."""
    places = tuple(place(pk, area="东" if pk % 2 else "西") for pk in range(1, schools + 1))
    found: dict[tuple[int, str, str], Decimal] = {}
    for one in places:
        found[one.pk, "primary", "pupils"] = Decimal(pupils + one.pk)
        found |= {(one.pk, "", fact): Decimal(n * 2) for fact, n in AMPLE.items()}
    return Book("2025-2026", places, found)


@dataclass
class World:
    """What the tests of balance play in."""

    year: SchoolYear
    schools: list[School]
    nine: School

    @property
    def first(self) -> School:
        return self.schools[0]


def _enrol(school: School, *, grade: int, count: int) -> None:
    entry_grade = 1 if grade <= 6 else 7
    group = make.make_class(school, entry_year=2025 - (grade - entry_grade), entry_grade=entry_grade)
    make.make_pupils(group, count)


def build_world() -> World:
    """Seven schools with pupils in the roster and ample figures from the statistics table."""
    make.make_district()
    make.make_year(2024)
    year = make.make_year(2025)
    areas = [make.make_area("东片区"), make.make_area("西片区")]
    primary = [make.make_school(f"均衡第{n}小学", stage=Stage.PRIMARY, area=areas[n % 2]) for n in range(4)]
    junior = [make.make_school(f"均衡第{n}中学", area=areas[n % 2]) for n in range(2)]
    nine = make.make_school("均衡学校", stage=Stage.NINE_YEAR, area=areas[0])
    for n, school in enumerate(primary):
        _enrol(school, grade=2, count=16 + n)
    for n, school in enumerate(junior):
        _enrol(school, grade=8, count=17 + n)
    _enrol(nine, grade=3, count=12)
    _enrol(nine, grade=9, count=6)
    schools = [*primary, *junior, nine]
    actor = Actor.system(make.DAY)
    values.take_known(actor=actor, year=year)
    give(year, {(school, "", fact): n for school in schools for fact, n in AMPLE.items()})
    return World(year, schools, nine)


def give(year: SchoolYear, numbers: "dict[tuple[School | None, str, str], float]") -> None:
    """Store figures as they come from the statistics table."""
    given = [
        Given(school.pk if school is not None else None, part, fact, Decimal(str(n)))
        for (school, part, fact), n in numbers.items()
    ]
    values.store(
        actor=Actor.system(make.DAY), year=year, given=given, source=Source.STATISTICS, day=year.start
    )


@pytest.fixture
def world(db: None) -> World:
    return build_world()


@pytest.fixture
def officer(db: None) -> Actor:
    return make.make_actor(Role.DISTRICT_OFFICER)


def signed_in(account: Account) -> Client:
    client = Client()
    client.force_login(account, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def client_as(role: Role, **where: object) -> Client:
    return signed_in(make.make_account(role, **where))


HEADINGS = [FACTS[fact].headings[0] + ("（万元）" if fact.endswith("_yuan") else "") for fact in AMPLE]


def workbook(
    rows: "list[list[object]]", *, name: str = "table.xlsx", title: str = "学校基础数据"
) -> "File[bytes]":
    """A file with the given rows."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = title
    for row in rows:
        sheet.append(row)
    stream = io.BytesIO()
    book.save(stream)
    file = File(io.BytesIO(stream.getvalue()), name=name)
    file.size = len(stream.getvalue())
    return file


def table_rows(*lines: "tuple[str, dict[str, object]]") -> "list[list[object]]":
    """A heading and one row for each school: ample figures, changed as said."""
    rows: list[list[object]] = [["学校名称", *HEADINGS]]
    for school, changes in lines:
        cells = {fact: (n / 10_000 if fact.endswith("_yuan") else n) for fact, n in AMPLE.items()} | changes
        rows.append([school, *(cells[fact] for fact in AMPLE)])
    return rows
