"""The pages of schools side by side, and of one school: everything published, with range, day and definition."""

from typing import Any
from uuid import UUID

import django_tables2 as tables
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from xuequ.core import audit
from xuequ.core.registry import IndicatorDefinition, indicator_definitions, school_pages
from xuequ.core.tables import NumberColumn, Table, export_of, paged
from xuequ.district.actors import SCHOOL_LEADERS, Actor
from xuequ.district.models import School
from xuequ.systems.office.numbers import queries, standing
from xuequ.systems.office.numbers.standing import Line, Side, Standing
from xuequ.systems.office.numbers.views import counting_actor

SIGNS = {Side.BEHIND: "▼", Side.AHEAD: "▲"}


class StandingColumn(NumberColumn):
    """A published number, marked where the school is clearly behind or ahead; files hold the number alone."""

    def __init__(self, code: str, **kwargs: Any) -> None:
        super().__init__(accessor=f"cells__{_column(code)}", orderable=False, default="—", **kwargs)

    def render(self, value: Standing) -> SafeString | str:
        sign = SIGNS.get(value.side)
        if sign is None:
            return value.text
        tone = "text-danger" if value.side == Side.BEHIND else "text-success"
        return format_html(
            '<span class="{}" aria-hidden="true">{}</span><span class="visually-hidden">{} </span>{}',
            tone, sign, value.words_of_side, value.text,
        )  # fmt: skip

    def value(self, value: Standing) -> float:
        return value.own.value


class SchoolsTable(Table):
    """A row for each school; the columns of numbers are those that any of them has."""

    label = gettext_lazy("Schools side by side")
    exports = True
    school = tables.Column(verbose_name=gettext_lazy("School"), accessor="line__school", orderable=False)
    stage = tables.Column(
        verbose_name=gettext_lazy("Stage"), accessor="line__school__get_stage_display", orderable=False
    )
    behind = NumberColumn(
        verbose_name=gettext_lazy("Clearly behind in"), accessor="line__behind", orderable=False
    )

    def __init__(self, lines: list[Line], items: list[IndicatorDefinition]) -> None:
        extra = [(_column(item.code), StandingColumn(item.code, verbose_name=item.title)) for item in items]
        rows = [
            {"line": line, "cells": {_column(k): one for k, one in line.standings.items()}} for line in lines
        ]
        super().__init__(rows, extra_columns=extra)

    def render_school(self, value: School) -> SafeString:
        url = reverse("office:numbers-school", args=[value.uid])
        return format_html('<a class="fw-bold" href="{}">{}</a>', url, value)

    def value_school(self, value: School) -> str:
        return str(value)

    def render_behind(self, value: list[Standing], record: dict[str, Line]) -> str:
        return _("{n} of {known}").format(n=len(value), known=len(record["line"].judged))

    def value_behind(self, value: list[Standing]) -> int:
        return len(value)


def _column(code: str) -> str:
    """Return a code as the name of a column: a path of django-tables2 parts at dots."""
    return code.replace(".", "_").replace("-", "_")


def _shown(lines: list[Line]) -> list[IndicatorDefinition]:
    """Return the numbers that are laid side by side: those with a good side, then what was given."""
    any_of = {code for line in lines for code in line.standings}
    known = [item for item in indicator_definitions().values() if item.code in any_of]
    return [item for item in known if item.good] + [item for item in known if item.given]


def reasons(line: Line) -> SafeString:
    """Say in what a school is clearly behind, each with its number and the middle of the others."""
    parts = ((one.item.title, f"{one.text} {one.unit}".strip(), one.middle_text) for one in line.behind)
    return format_html_join(_("; "), _("{} {} (others: {})"), parts)


@login_required
@require_safe
def schools(request: HttpRequest) -> HttpResponse:
    """Lay the schools that the actor sees side by side; who leads one school is led to its page."""
    actor = counting_actor(request)
    seen = queries.seen_schools(actor)
    if len(seen) == 1:
        return redirect("office:numbers-school", uid=seen[0].uid)
    lines = standing.lines(actor, seen, actor.day)
    items = _shown(lines)
    audit.record(actor, "schools.seen", None, {"schools": len(lines)})
    table = SchoolsTable(lines, items)
    if exported := export_of(request, table, _("Schools side by side")):
        return exported
    first = standing.first(lines)
    context = {
        "table": paged(request, table),
        "count": len(lines),
        "many": standing.MANY,
        "pressing": sum(len(line.behind) >= standing.MANY for line in lines),
        "first": [(line, reasons(line)) for line in first],
        "items": items,
    }
    return render(request, "office/numbers/schools.html", context)


def _school(actor: Actor, uid: UUID) -> School:
    row = School.objects.of_district().visible_to(actor).select_related("area").filter(uid=uid).first()
    if row is None:
        raise Http404
    return row


@login_required
@require_safe
def school(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Show everything that is published of one school, and where to go on from here."""
    actor = counting_actor(request)
    found = _school(actor, uid)
    line = standing.lines(actor, [found], actor.day)[0]
    audit.record(actor, "school.seen", found, {})
    context = {
        "school": found,
        "line": line,
        "groups": standing.groups(line),
        "reasons": reasons(line),
        "pages": school_pages(actor, found),
        "several": not actor.has(*SCHOOL_LEADERS),
    }
    return render(request, "office/numbers/school.html", context)
