"""The pages of balance: the district, the leader's three sentences, a school, one coefficient, costs, objections."""

from collections.abc import Mapping
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xuequ.core import audit
from xuequ.core.answers import attempt
from xuequ.core.errors import Refused
from xuequ.core.files import attachment
from xuequ.core.rendering.formats import FORMATS, download
from xuequ.core.tables import XLSX
from xuequ.district.actors import Actor
from xuequ.district.models import SchoolYear
from xuequ.systems.balance import actions, costs, forms, official, queries, reports
from xuequ.systems.balance.access import fills, keeps, own_schools, speaks_for
from xuequ.systems.balance.area import area_blocks
from xuequ.systems.balance.cards import first_things
from xuequ.systems.balance.choices import AppealState
from xuequ.systems.balance.material import area_material, district_material, school_material
from xuequ.systems.balance.models import Judgement, SchoolResult
from xuequ.systems.balance.pages import (
    area_or_404,
    entering,
    keeper,
    reader,
    school_or_404,
    year_or_404,
)
from xuequ.systems.balance.rules.queries import DEFAULT_MOVES, DEFAULT_PRICES, prices, weak_rule
from xuequ.systems.balance.sections import MOST_STEPS, brief_blocks, district_blocks, school_blocks
from xuequ.systems.balance.spread_pictures import areas, lorenz, values, without
from xuequ.systems.balance.values.listing import completeness
from xuequ.systems.balance.weak_words import sign_words
from xuequ.systems.balance.wording import STAGES


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    actor = entering(request)
    found = queries.latest(actor)
    year = found.year if found is not None else queries.years().filter(start__lte=actor.day).first()
    schools = own_schools(actor)
    if actor.sees_district and year is not None:
        return redirect("balance:year", year.code)
    areas = list(queries.areas(actor))
    if year is not None and not areas and len(schools) == 1:
        return redirect("balance:school", year.code, schools[0].uid)
    if year is not None and len(areas) == 1 and not schools:
        return redirect("balance:area", year.code, areas[0].uid)
    return render(request, "balance/index.html", {"schools": schools, "areas": areas, "year": year})


@login_required
@require_safe
def district(request: HttpRequest, year: str) -> HttpResponse:
    actor, own = reader(request), year_or_404(year)
    found = queries.latest(actor, own)
    first = first_things(own) if keeps(actor) else []
    context = {"year": own, "judgement": found, "keeps": keeps(actor), "formats": FORMATS, "first": first}
    if found is None:
        return render(request, "balance/year.html", context | {"years": _years(actor)})
    material = district_material(actor, found)
    more = {
        "blocks": district_blocks(material, most_steps=MOST_STEPS - len(first)),
        "years": [(one.year.code, one.year.code == own.code) for one in reversed(material.course)],
        "changed": queries.changed_since(found) if keeps(actor) else 0,
        "areas": material.areas(),
    }
    return render(request, "balance/year.html", context | more)


def _years(actor: Actor) -> "list[tuple[str, bool]]":
    return [(one.year.code, False) for one in reversed(queries.course(actor))]


@login_required
@require_POST
def judge(request: HttpRequest, year: str) -> HttpResponse:
    actor, own = keeper(request), year_or_404(year)
    done = _("Judged. Look at it before you publish it.")
    attempt(request, done, lambda: actions.judge_year(actor=actor, year=own))
    return redirect("balance:year", own.code)


@login_required
@require_POST
def publish(request: HttpRequest, year: str) -> HttpResponse:
    actor, own = keeper(request), year_or_404(year)
    found = _judgement(actor, own)
    done = _("Published. Each school now sees its own part, and other systems read the figures.")
    attempt(request, done, lambda: actions.publish(actor=actor, judgement=found))
    return redirect("balance:year", own.code)


def _judgement(actor: Actor, year: SchoolYear) -> Judgement:
    found = queries.latest(actor, year)
    if found is None:
        raise Http404
    return found


@login_required
@require_safe
def brief(request: HttpRequest, year: str) -> HttpResponse:
    actor, own = reader(request), year_or_404(year)
    found = _judgement(actor, own)
    blocks = brief_blocks(district_material(actor, found))
    return render(request, "balance/brief.html", {"year": own, "judgement": found, "blocks": blocks})


@login_required
@require_safe
def report(request: HttpRequest, year: str, form: str) -> HttpResponse:
    actor, own = reader(request), year_or_404(year)
    if form not in FORMATS:
        raise Http404
    found = _judgement(actor, own)
    made = reports.district_report(actor, found)
    audit.record(actor, "balance.report.downloaded", found.run, {"format": form})
    return download(made, form, f"{made.title}-{made.subtitle}")


@login_required
@require_safe
def tables(request: HttpRequest, year: str) -> HttpResponse:
    actor, own = reader(request), year_or_404(year)
    found = _judgement(actor, own)
    content = official.tables_workbook(district_material(actor, found), queries.book_of(own))
    audit.record(actor, "balance.tables.downloaded", found.run)
    return attachment(content, f"优质均衡上报表-{own.code}.xlsx", XLSX)


@login_required
@require_safe
def spread(request: HttpRequest, year: str, stage: str, code: str) -> HttpResponse:
    actor, own = reader(request), year_or_404(year)
    material = district_material(actor, _judgement(actor, own), whole=False)
    one = next((c for c in material.coefficients(stage) if c["code"] == code), None)
    if one is None:
        raise Http404
    context = {"year": own, "one": one, "stage": STAGES[stage], "values": values(material, one)}
    if one["curve"]:
        context |= {
            "lorenz": lorenz(material, one),
            "areas": areas(material, one),
            "without": without(material, one),
        }
    return render(request, "balance/spread.html", context)


@login_required
@require_safe
def area(request: HttpRequest, year: str, uid: UUID) -> HttpResponse:
    actor, own = entering(request), year_or_404(year)
    place = area_or_404(actor, uid)
    found = queries.latest(actor, own)
    context: dict[str, object] = {
        "year": own, "area": place, "judgement": found, "years": queries.shown_years(actor),
        "district": actor.sees_district, "lines": completeness(own, place),
    }  # fmt: skip
    if found is not None:
        context["blocks"] = area_blocks(area_material(actor, found, place), place.name)
    return render(request, "balance/area.html", context)


def _result(actor: Actor, year: SchoolYear, uid: UUID) -> tuple[Judgement | None, SchoolResult | None]:
    found = queries.latest(actor, year)
    if found is None:
        return None, None
    return found, found.schools.filter(school__uid=uid).select_related("school__area").first()


@login_required
@require_safe
def school(request: HttpRequest, year: str, uid: UUID) -> HttpResponse:
    actor, own = entering(request), year_or_404(year)
    row = school_or_404(actor, uid)
    found, result = _result(actor, own, uid)
    context: dict[str, object] = {
        "year": own, "school": row, "judgement": found, "result": result, "district": actor.sees_district,
        "fills": fills(actor, row), "formats": FORMATS, "years": queries.shown_years(actor),
    }  # fmt: skip
    if found is not None and result is not None:
        material = school_material(found, result)
        appeal = result.appeals.first()
        context |= {
            "blocks": school_blocks(material, material.schools[0]), "signs": sign_words(result.signs),
            "rule": found.weak_rule, "appeal": appeal,
            "form": _objection_form(actor, result, appeal is not None and appeal.state == AppealState.OPEN),
        }  # fmt: skip
    return render(request, "balance/school.html", context)


def _objection_form(actor: Actor, result: SchoolResult, waits: bool) -> forms.ObjectionForm | None:
    may = result.weak and not waits and speaks_for(actor, result.school)
    return forms.ObjectionForm() if may else None


@login_required
@require_POST
def object_to(request: HttpRequest, year: str, uid: UUID) -> HttpResponse:
    actor, own = entering(request), year_or_404(year)
    school_or_404(actor, uid)
    _found, result = _result(actor, own, uid)
    if result is None:
        raise Http404
    text = request.POST.get("text", "")[:2000]
    done = _("Your objection was handed in. The district answers it here.")
    attempt(request, done, lambda: actions.object_to(actor=actor, result=result, text=text))
    return redirect("balance:school", own.code, uid)


@login_required
@require_safe
def school_report(request: HttpRequest, year: str, uid: UUID, form: str) -> HttpResponse:
    actor, own = entering(request), year_or_404(year)
    row = school_or_404(actor, uid)
    found, result = _result(actor, own, uid)
    if form not in FORMATS or found is None or result is None:
        raise Http404
    made = reports.school_report(found, result)
    audit.record(actor, "balance.report.downloaded", found.run, {"format": form, "school": str(row.uid)})
    return download(made, form, f"{made.title}-{made.subtitle}")


@login_required
@require_safe
def cost(request: HttpRequest, year: str) -> HttpResponse:
    actor, own = reader(request), year_or_404(year)
    held = prices()
    used: Mapping[str, str] = held.prices if held is not None else DEFAULT_PRICES
    fees: Mapping[str, str] = held.moves if held is not None else DEFAULT_MOVES
    context: dict[str, object] = {"year": own, "prices": held, "keeps": keeps(actor)}
    try:
        context |= costs.cost(actor, own, used, fees)
    except Refused as refusal:
        messages.error(request, str(refusal))
    return render(request, "balance/cost.html", context)


@login_required
@require_safe
def appeals(request: HttpRequest) -> HttpResponse:
    actor = reader(request)
    return render(request, "balance/appeals.html", {"appeals": queries.appeals(actor)[:100]})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def appeal(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = reader(request)
    found = queries.appeals(actor).filter(uid=uid).first()
    if found is None:
        raise Http404
    open_form = found.state == AppealState.OPEN and keeps(actor)
    form = forms.SettleForm(request.POST or None) if open_form else None
    if request.method == "POST":
        if form is None:
            raise PermissionDenied
        if form.is_valid():
            data = form.cleaned_data
            done = _("Settled. The school reads the answer on its page.")
            attempt(request, done, lambda: actions.settle(actor=actor, appeal=found, **data))
            return redirect("balance:appeal", found.uid)
    signs = sign_words(found.result.signs)
    return render(
        request, "balance/appeal.html", {"appeal": found, "form": form, "signs": signs, "rule": weak_rule()}
    )
