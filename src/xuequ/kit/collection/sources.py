"""What the district knows already and never asks again: the catalogue from which cells are filled in."""

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from django.db.models import Count, Q
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xuequ.core.figures import Text
from xuequ.core.registry import indicator_definitions
from xuequ.district.models import Dated, Enrolment, School, Teacher
from xuequ.district.queries import first_year_on
from xuequ.record.models import Factor, Indicator

Value = int | float | str
Computed = Mapping[int, Value]
JUNIOR_FROM, SENIOR_FROM = 7, 10
GRADE_WORDS = (
    "一年级", "二年级", "三年级", "四年级", "五年级", "六年级", "七年级", "八年级", "九年级", "高一", "高二", "高三",
)  # fmt: skip
JUNIOR_WORDS = {"初一": "七年级", "初二": "八年级", "初三": "九年级"}
FEMALE, MALE = frozenset({"女", "female"}), frozenset({"男", "male"})
INDICATOR = "indicator:"


@dataclass(frozen=True, slots=True)
class Source:
    """An entry of the catalogue: ``compute(schools, day)`` gives a value by the school's primary key."""

    code: str
    title: Text
    origin: Text
    compute: Callable[[Iterable[int], dt.date], Computed]


@dataclass(frozen=True, slots=True)
class Enrolled:
    """The pupils of one school and grade, and the classes they sit in."""

    school: int
    grade: int
    pupils: int
    classes: int


def enrolled(schools: Iterable[int], day: dt.date) -> list[Enrolled]:
    """Count pupils and classes by school and grade on ``day``: one query."""
    rows = (
        Enrolment.objects.filter(Dated.at(day), school__in=list(schools), school_class__isnull=False)
        .values_list("school", "school_class__entry_year", "school_class__entry_grade")
        .annotate(pupils=Count("pupil", distinct=True), classes=Count("school_class", distinct=True))
        .order_by()
    )
    year = first_year_on(day)
    return [Enrolled(s, grade + year - entry, pupils, n) for s, entry, grade, pupils, n in rows]


def _counted(what: str, first: int = 1, last: int = 12) -> Callable[[Iterable[int], dt.date], Computed]:
    def compute(schools: Iterable[int], day: dt.date) -> Computed:
        keys = list(schools)
        totals = dict.fromkeys(keys, 0)
        for row in enrolled(keys, day):
            if first <= row.grade <= last:
                totals[row.school] += getattr(row, what)
        return totals

    return compute


def _of_sex(
    words: frozenset[str], first: int = 1, last: int = 12
) -> Callable[[Iterable[int], dt.date], Computed]:
    """Count the pupils of one sex; a school where the sex of some pupil is not known has no value."""

    def compute(schools: Iterable[int], day: dt.date) -> Computed:
        keys = list(schools)
        pupils = _counted("pupils", first, last)(keys, day)
        counts = {sex: _sex_counts(keys, day, sex, first, last) for sex in (FEMALE, MALE)}
        known = {key: counts[FEMALE][key] + counts[MALE][key] for key in keys}
        return {key: counts[words][key] for key in keys if known[key] == pupils[key]}

    return compute


def _sex_counts(
    schools: list[int], day: dt.date, words: frozenset[str], first: int, last: int
) -> Counter[int]:
    year, prefix = first_year_on(day), "pupil__enrolments__"
    rows = (
        Factor.objects.filter(
            Dated.at(day),
            Dated.at(day, prefix),
            kind__code="sex",
            kind__study=None,
            text__in=words,
            **{f"{prefix}school__in": schools},
        )
        .values_list(
            f"{prefix}school", f"{prefix}school_class__entry_year", f"{prefix}school_class__entry_grade"
        )
        .annotate(n=Count("pupil", distinct=True))
        .order_by()
    )
    counts: Counter[int] = Counter()
    for school, entry, grade, n in rows:
        if entry is not None and first <= grade + year - entry <= last:
            counts[school] += n
    return counts


def _teachers(schools: Iterable[int], day: dt.date) -> Computed:
    keys = list(schools)
    here = Q(employments=None) | Dated.at(day, "employments__")
    rows = Teacher.objects.filter(here, school__in=keys).values_list("school")
    return dict.fromkeys(keys, 0) | dict(rows.annotate(n=Count("id", distinct=True)).order_by())


def _of_school(read: Callable[[School], str]) -> Callable[[Iterable[int], dt.date], Computed]:
    def compute(schools: Iterable[int], day: dt.date) -> Computed:
        rows = School.objects.select_related("area").filter(pk__in=list(schools))
        return {school.pk: text for school in rows if (text := read(school))}

    return compute


ROSTER, SCHOOLS = gettext_lazy("the roster"), gettext_lazy("the list of schools")
# 办学类型、办学性质 are words of Chinese forms, whatever the reader's language.
STAGES = {
    "primary": "小学",
    "junior": "初级中学",
    "nine_year": "九年一贯制学校",
    "senior": "高级中学",
    "complete": "完全中学",
}
SECTORS = {"public": "公办", "private": "民办"}


def _roster_sources() -> list[Source]:
    stages: tuple[tuple[str, Text, int, int], ...] = (
        ("", gettext_lazy("all grades"), 1, 12),
        ("-primary", gettext_lazy("primary grades"), 1, JUNIOR_FROM - 1),
        ("-junior", gettext_lazy("junior grades"), JUNIOR_FROM, SENIOR_FROM - 1),
        ("-senior", gettext_lazy("senior grades"), SENIOR_FROM, 12),
    )
    grades = tuple(
        (f"-{grade}", format_lazy(gettext_lazy("grade {grade}"), grade=grade), grade, grade)
        for grade in range(1, 13)
    )
    return [source for spot in (*stages, *grades) for source in _counts_of(*spot)]


def _counts_of(suffix: str, name: Text, first: int, last: int) -> list[Source]:
    titles = (
        ("pupils", gettext_lazy("Pupils, {part}"), _counted("pupils", first, last)),
        ("girls", gettext_lazy("Girls, {part}"), _of_sex(FEMALE, first, last)),
        ("boys", gettext_lazy("Boys, {part}"), _of_sex(MALE, first, last)),
        ("classes", gettext_lazy("Classes, {part}"), _counted("classes", first, last)),
    )
    return [
        Source(f"{code}{suffix}", format_lazy(title, part=name), ROSTER, compute)
        for code, title, compute in titles
    ]


def _school_sources() -> list[Source]:
    return [
        Source("teachers", gettext_lazy("Teachers"), ROSTER, _teachers),
        Source("stage", gettext_lazy("Kind of school"), SCHOOLS, _of_school(lambda s: STAGES[s.stage])),
        Source("sector", gettext_lazy("Public or private"), SCHOOLS, _of_school(lambda s: SECTORS[s.sector])),
        Source("area", gettext_lazy("Area"), SCHOOLS, _of_school(lambda s: s.area.name if s.area else "")),
    ]


@lru_cache(maxsize=1)
def catalogue() -> Mapping[str, Source]:
    """Return what is known by code: counts of the roster, facts of the schools, published indicators."""
    found = {source.code: source for source in (*_school_sources(), *_roster_sources())}
    for code, definition in indicator_definitions().items():
        found[f"{INDICATOR}{code}"] = Source(
            f"{INDICATOR}{code}", definition.title, definition.source, _of_indicator(code)
        )
    return found


def _of_indicator(code: str) -> Callable[[Iterable[int], dt.date], Computed]:
    def compute(schools: Iterable[int], day: dt.date) -> Computed:
        rows = Indicator.objects.filter(
            code=code, school__in=list(schools), school_class=None, superseded=None, value__isnull=False
        )
        found = rows.order_by("period", "published").values_list("school", "value")
        return {school: value for school, value in found if school is not None and value is not None}

    return compute


TEACHERS = re.compile(r"^(专任|在编|在职)?教师(总|人)?数?$|^教职工(总)?(人)?数$")
SCHOOL_FACTS = (
    (re.compile(r"^(学校)?(办学)?(类型|类别)$|^学段$"), "stage"),
    (re.compile(r"^(学校)?(办学)?性质$|^公办民办$"), "sector"),
    (re.compile(r"^(所在)?(片区|学区)$"), "area"),
)
COUNTED = (
    (re.compile(r"班级?(总)?数|班数"), "classes"),
    (re.compile(r"女(学)?生|女$"), "girls"),
    (re.compile(r"男(学)?生|男$"), "boys"),
    (
        re.compile(r"学生(总)?(人)?数|(在校|在籍)(学)?生|(年级|小学|初中|高中|高[一二三])(人数|合计|小计)$"),
        "pupils",
    ),
)
PARTS = (("小学", "-primary"), ("初中", "-junior"), ("高中", "-senior"))
# A number of some of the pupils only (留守儿童, 住宿生 …) is not in the roster.
NARROWED = re.compile(
    r"留守|随迁|住宿|寄宿|困难|资助|残疾|特殊|近视|肥胖|获奖|参加|转入|转出|毕业|新增|流失|教师|家长|其中|少数民族|团员|优秀|合格|检测|检查|测试|应到|实到|缺勤|报名|视力"
)


def guessed(words: str) -> str:
    """Return the code of what a heading probably asks for, or "" when that is not known here.

    >>> guessed("在校生数 女"), guessed("一年级 班级数"), guessed("教师数"), guessed("留守儿童人数")
    ('girls', 'classes-1', 'teachers', '')
    """
    text = "".join(words.split())
    if TEACHERS.search(text):
        return "teachers"
    for pattern, code in SCHOOL_FACTS:
        if pattern.search(text):
            return code
    if NARROWED.search(text) or not re.search(r"生|班|年级|人数", text):
        return ""
    code = next((code for pattern, code in COUNTED if pattern.search(text)), "")
    part = _part(text)
    return code + part if code else ""


def _part(text: str) -> str:
    for short, full in JUNIOR_WORDS.items():
        text = text.replace(short, full)
    for number, word in enumerate(GRADE_WORDS, start=1):
        if word in text or f"{number}年级" in text:
            return f"-{number}"
    return next((suffix for word, suffix in PARTS if word in text), "")


def prefill(codes: Iterable[str], schools: Iterable[int], day: dt.date) -> dict[str, Computed]:
    """Return the known values of several entries by code and school; an entry that no longer exists gives none."""
    known, keys = catalogue(), list(schools)
    return {code: known[code].compute(keys, day) if code in known else {} for code in set(codes)}


def title_of(code: str) -> str:
    """Return an entry's name in the reader's language."""
    source = catalogue().get(code)
    return str(source.title) if source is not None else code


def origin_of(code: str) -> str:
    """Return where a value comes from, in the reader's language."""
    source = catalogue().get(code)
    return str(source.origin) if source is not None else _("an earlier source")
