"""The pages on which a grade is placed in classes: by rule, or by the filled list."""

import secrets
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from xuequ.core import audit
from xuequ.core.errors import Refused
from xuequ.core.files import attachment, check_upload
from xuequ.core.tables import XLSX
from xuequ.district.actors import Actor
from xuequ.kit.rollover import placings
from xuequ.kit.rollover.choices import Step, Wish
from xuequ.kit.rollover.models import PlacingWish, SchoolRollover
from xuequ.kit.rollover.placing import balance, unmet
from xuequ.kit.scores.templates import class_text
from xuequ.systems.office.rollover import forms, queries, sheets
from xuequ.systems.office.rollover.steps import item_of, page, tried

LOTS = 999_999


def _draft(item: SchoolRollover, grade: int) -> placings.Draft:
    found = placings.draft_of(item, grade)
    if not found.candidates:
        raise Http404
    return found


@login_required
@require_safe
def grade(request: HttpRequest, uid: UUID, grade: int) -> HttpResponse:
    """The grade's placing with its balance, and the two ways to make one."""
    _actor, item = item_of(request, uid)
    return _grade_page(request, item, grade, {})


def _grade_page(request: HttpRequest, item: SchoolRollover, grade: int, more: dict[str, Any]) -> HttpResponse:
    draft = _draft(item, grade)
    placing = draft.placing
    rows = balance(draft.candidates, draft.seats, draft.numbers) if placing is not None else []
    initial = (
        {"lot": placing.seed or _new_lot(), "by_band": placing.by_band} if placing else {"lot": _new_lot()}
    )
    context = {
        "grade": grade,
        "placing": placing,
        "pupils": len(draft.candidates),
        "numbers": draft.numbers,
        "rows": [_balance_row(row) for row in rows],
        "unmet": unmet(draft.candidates, draft.seats) if placing is not None else 0,
        "wishes": PlacingWish.objects.filter(school_rollover=item, grade=grade).count(),
        "without_sex": sum(not c.sex for c in draft.candidates),
        "without_band": sum(not c.band for c in draft.candidates),
        "rule_form": forms.RuleForm(initial=initial),
        "file_form": forms.PlacingFileForm(),
    }
    return page(request, item, Step.PLACING, context | more)


def _balance_row(row: Any) -> dict[str, Any]:
    sexes, bands = row.sexes, row.bands
    return {
        "number": row.number, "pupils": row.pupils, "girls": sexes.get("female", 0), "boys": sexes.get("male", 0),
        "unknown": sexes.get("", 0), "a": bands.get("A", 0), "b": bands.get("B", 0), "c": bands.get("C", 0),
        "none": bands.get("", 0),
    }  # fmt: skip


def _new_lot() -> int:
    return 1 + secrets.randbelow(LOTS)


@login_required
@require_POST
def by_rule(request: HttpRequest, uid: UUID, grade: int) -> HttpResponse:
    actor, item = item_of(request, uid)
    form = forms.RuleForm(request.POST)
    if not form.is_valid():
        return _grade_page(request, item, grade, {"rule_form": form})
    said = form.cleaned_data
    tried(
        request,
        lambda: placings.place_by_rule(
            actor=actor, item=item, grade=grade, lot=said["lot"], by_band=said["by_band"]
        ),
        _("Placed as a draft; look at the balance, then confirm it."),
    )
    return redirect("office:rollover-placing-grade", item.uid, grade)


@login_required
@require_POST
def by_file(request: HttpRequest, uid: UUID, grade: int) -> HttpResponse:
    actor, item = item_of(request, uid)
    form = forms.PlacingFileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _grade_page(request, item, grade, {"file_form": form})
    try:
        reading = _read(item, grade, form.cleaned_data["file"])
        if not reading.wrong:
            _keep(actor, item, grade, reading)
    except Refused as refusal:
        form.add_error("file", str(refusal))
        return _grade_page(request, item, grade, {"file_form": form})
    if reading.wrong:
        return _grade_page(request, item, grade, {"file_form": form, "wrong": reading.wrong})
    return redirect("office:rollover-placing-grade", item.uid, grade)


def _read(item: SchoolRollover, grade: int, file: Any) -> sheets.Reading:
    check_upload(file)
    file.seek(0)
    rows, numbers = _list(item, grade)
    return sheets.read_list(file.read(), file.name or "list.xlsx", rows, numbers)


def _keep(actor: Actor, item: SchoolRollover, grade: int, reading: sheets.Reading) -> None:
    if not reading.seats and not reading.marks:
        raise Refused(_("Nothing is filled in: neither new classes nor marks."))
    placings.keep_wishes(actor=actor, item=item, grade=grade, marks=reading.marks)
    if reading.seats:
        placings.place_by_file(actor=actor, item=item, grade=grade, seats=reading.seats)


def _list(item: SchoolRollover, grade: int) -> tuple[list[sheets.Listed], tuple[int, ...]]:
    draft = _draft(item, grade)
    pool = [candidate.pupil for candidate in draft.candidates]
    marks: dict[tuple[int, str], str] = {}
    for candidate in draft.candidates:
        marks[candidate.pupil, Wish.TOGETHER] = candidate.together
        marks[candidate.pupil, Wish.APART] = candidate.apart
    old = {pupil: class_text(row) for pupil, row in queries.classes_on_eve(item, pool).items()}
    people = queries.names_and_numbers(pool)
    return sheets.listed_rows(pool, people, old, draft.seats, marks), draft.numbers


@login_required
@require_safe
def download(request: HttpRequest, uid: UUID, grade: int) -> HttpResponse:
    """The grade's list with the draft's classes, to be checked or filled in."""
    actor, item = item_of(request, uid)
    rows, _numbers = _list(item, grade)
    audit.record(actor, "rollover.list_downloaded", item, {"grade": grade, "pupils": len(rows)})
    name = _("%(school)s grade %(grade)s placing") % {"school": item.school, "grade": grade}
    return attachment(sheets.list_bytes(rows), f"{name}.xlsx", XLSX)


@login_required
@require_POST
def confirm(request: HttpRequest, uid: UUID, grade: int) -> HttpResponse:
    actor, item = item_of(request, uid)
    said = _("The placing counts now.")
    tried(request, lambda: placings.confirm_placing(actor=actor, item=item, grade=grade), said)
    return redirect("office:rollover-placing", item.uid)


@login_required
@require_POST
def drop(request: HttpRequest, uid: UUID, grade: int) -> HttpResponse:
    actor, item = item_of(request, uid)
    tried(request, lambda: placings.drop_placing(actor=actor, item=item, grade=grade))
    return redirect("office:rollover-placing-grade", item.uid, grade)
