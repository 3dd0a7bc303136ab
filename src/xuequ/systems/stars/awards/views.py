"""The pages of awards: what the city decided, how the district's view compares, a school over the years."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from xuequ.core.errors import Refused
from xuequ.district import queries as district
from xuequ.district.actors import Actor
from xuequ.engines.evaluation.change import Transitions, transitions
from xuequ.systems.stars.access import fills_in, led_schools, may_manage, may_read_district
from xuequ.systems.stars.answers import GET_OR_POST, actor_of
from xuequ.systems.stars.awards import actions, queries, trend
from xuequ.systems.stars.awards.forms import AwardsForm
from xuequ.systems.stars.models import SecondRater

LEVELS = actions.STARS


@login_required
@require_safe
def awards(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    if not may_read_district(actor):
        raise PermissionDenied
    years = queries.years_with_awards()
    context: dict[str, Any] = {"manages": may_manage(actor), "years": years}
    if years:
        held = queries.stars_held(years[-1].code)
        counts = [(star, sum(one == star for one in held.values())) for star in reversed(LEVELS)]
        listed = queries.awards(actor).order_by("-year__code", "school__code")
        rows = Paginator(listed, 100).get_page(request.GET.get("page"))
        context |= {
            "counts": counts,
            "year": years[-1],
            "rows": rows,
            "moved": _moved(held, years),
        }
        context["levels"] = LEVELS
    return render(request, "stars/awards/awards.html", context)


def _moved(held: dict[int, int], years: list[Any]) -> list[tuple[int, list[int]]] | None:
    """Rows of the matrix of transitions from the year before, lowest star first; None in the first year."""
    before = queries.year_before(years[-1])
    if before is None:
        return None
    old = queries.stars_held(before.code)
    found: Transitions = transitions(
        {str(pk): str(star) for pk, star in old.items()},
        {str(pk): str(star) for pk, star in held.items()},
        [str(star) for star in LEVELS],
    )
    return [(star, list(map(int, found.counts[at]))) for at, star in enumerate(LEVELS)]


@login_required
@require_http_methods(GET_OR_POST)
def record(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    if not may_manage(actor):
        raise PermissionDenied
    schools = list(district.schools(actor, actor.day).filter(study=None, campus_of=None))
    year = district.year_on(actor.day)
    held = queries.stars_held(year.code) if year is not None else {}
    form = AwardsForm(request.POST or None, schools=schools, held=held, initial={"year": year})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            made = actions.record_awards(
                actor=actor, year=data["year"], stars=form.stars, document=data["document"], day=data["day"]
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("%(n)d awards are recorded and published.") % {"n": len(made)})
            return redirect("stars:awards")
    return render(request, "stars/awards/record.html", {"form": form})


@login_required
@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    if not may_read_district(actor):
        raise PermissionDenied
    found = queries.calibration()
    rows = [(star, [found.counts[star, actual] for actual in LEVELS]) for star in LEVELS] if found else []
    return render(
        request, "stars/awards/compare.html", {"calibration": found, "rows": rows, "levels": LEVELS}
    )


@login_required
@require_safe
def school_years(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = actor_of(request)
    school = district.school(actor, uid)
    if school is None or not (may_read_district(actor) or fills_in(actor, school.pk)):
        raise Http404
    years = trend.years_of(school)
    hidden = set(_hidden(actor, school.pk))
    context = {
        "school": school, "years": [year for year in reversed(years) if year.application.pk not in hidden],
        "awards": trend.awards_of(school), "own": school.pk in led_schools(actor),
    }  # fmt: skip
    return render(request, "stars/awards/school.html", context)


def _hidden(actor: Actor, school: int) -> "list[int]":
    """The applications of the school that the reader still rates."""
    rows = SecondRater.objects.filter(rater=actor.account_id, handed_in=None, application__school=school)
    return list(rows.values_list("application", flat=True))
