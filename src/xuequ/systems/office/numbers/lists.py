"""Which ones: what stands behind a number. Names of pupils only for those who may see these pupils anyway."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from xuequ.core.figures import Column, ColumnKind, Figure, FigureKind, Row
from xuequ.district import policy
from xuequ.district.actors import Actor
from xuequ.district.models import Enrolment, Person, Pupil, School, SchoolClass, Teacher
from xuequ.district.people import names_of

CODE = "which"


def _figure(columns: Iterable[Column], rows: Iterable[Row], caption: str = "") -> Figure:
    return Figure(CODE, FigureKind.TABLE, _("Which ones"), tuple(columns), tuple(rows), caption=caption)


def schools(rows: "QuerySet[School]") -> Figure:
    """Return the schools by code."""
    columns = (
        Column("school", _("School")),
        Column("code", _("School code")),
        Column("stage", _("Stage")),
        Column("sector", _("Public or private")),
        Column("area", _("Area")),
    )
    lines = rows.select_related("area").order_by("code")
    return _figure(
        columns,
        [
            Row(
                str(s.pk),
                (
                    s.name,
                    s.code,
                    s.get_stage_display(),
                    s.get_sector_display(),
                    s.area.name if s.area else "",
                ),
            )
            for s in lines
        ],
    )


def classes(rows: "QuerySet[SchoolClass]") -> Figure:
    """Return the classes with their pupils."""
    columns = (
        Column("school", _("School")),
        Column("class", pgettext("group of pupils", "class")),
        Column("pupils", _("Pupils"), ColumnKind.INTEGER),
    )
    lines: Any = rows.select_related("school").order_by("school__code", "-entry_year", "number")
    return _figure(columns, [Row(str(c.pk), (c.school.name, str(c), c.pupils)) for c in lines])


def pupils(actor: Actor, rows: "QuerySet[Enrolment]") -> Figure:
    """Return the pupils by name to their school's staff who may see them; to all others the classes with counts."""
    seen = Pupil.objects.visible_to(actor).filter(study=None)
    if not actor.is_system and seen.exists() and not rows.exclude(pupil__in=seen.values("pk")).exists():
        return _named_pupils(rows)
    counts = Counter(rows.order_by().values_list("school_id", "school_class_id"))
    names = dict(School.objects.filter(pk__in={s for s, _c in counts}).values_list("pk", "name"))
    groups = {c.pk: c for c in SchoolClass.objects.filter(pk__in={c for _s, c in counts if c})}
    columns = (
        Column("school", _("School")),
        Column("class", pgettext("group of pupils", "class")),
        Column("pupils", _("Pupils"), ColumnKind.INTEGER),
    )
    lines = [
        (names[s], c is None, -groups[c].entry_year if c else 0, groups[c].number if c else 0, s, c, n)
        for (s, c), n in counts.items()
    ]
    return _figure(
        columns,
        [
            Row(f"{s}-{c}", (name, str(groups[c]) if c else "", n))
            for name, _none, _year, _number, s, c, n in sorted(lines, key=lambda line: line[:5])
        ],
        _("Schools and classes; pupils are named to the staff of their own school only."),
    )


def _named_pupils(rows: "QuerySet[Enrolment]") -> Figure:
    stays = rows.select_related("school", "school_class", "pupil").order_by(
        "school__code", "school_class", "pupil"
    )
    found = list({stay.pupil_id: stay for stay in stays}.values())
    names = names_of(stay.pupil.person_id for stay in found)
    columns = (
        Column("pupil", _("Pupil")),
        Column("school", _("School")),
        Column("class", pgettext("group of pupils", "class")),
    )
    lines = [
        Row(
            str(stay.pupil_id),
            (names.get(stay.pupil.person_id, _("(erased)")), stay.school.name, str(stay.school_class or "")),
        )
        for stay in found
    ]
    return _figure(columns, lines)


def teachers(actor: Actor, pairs: list[tuple[int, int]]) -> Figure:
    """Return the teachers whom the actor may find, with their school."""
    seen = Person.objects.filter(policy.people(actor)) if not actor.is_system else Person.objects.all()
    rows = Teacher.objects.filter(
        pk__in={teacher for teacher, _school in pairs}, person__in=seen.values("pk")
    )
    people = dict(rows.values_list("pk", "person_id"))
    names = names_of(people.values())
    where = dict(
        School.objects.filter(pk__in={school for _teacher, school in pairs}).values_list("pk", "name")
    )
    lines = sorted((where[school], teacher) for teacher, school in pairs if teacher in people)
    columns = (Column("teacher", _("Teacher")), Column("school", _("School")))
    return _figure(
        columns,
        [Row(f"{t}-{place}", (names.get(people[t], _("(erased)")), s)) for place, (s, t) in enumerate(lines)],
    )
