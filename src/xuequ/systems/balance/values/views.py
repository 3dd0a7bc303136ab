"""The pages of figures: a school's own, all schools' completeness, what waits."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xuequ.core.answers import attempt
from xuequ.core.errors import Refused
from xuequ.core.files import attachment
from xuequ.core.tables import XLSX
from xuequ.district.actors import Actor
from xuequ.systems.balance import forms, official, queries
from xuequ.systems.balance.access import fills, keeps
from xuequ.systems.balance.choices import ValueState
from xuequ.systems.balance.models import Value
from xuequ.systems.balance.pages import entering, keeper, reader, school_or_404, year_or_404
from xuequ.systems.balance.values import actions, listing


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def values(request: HttpRequest, year: str, uid: UUID) -> HttpResponse:
    actor, own = entering(request), year_or_404(year)
    school = school_or_404(actor, uid)
    book = queries.book_of(own, [school])
    if not book.schools:
        raise Http404
    may = fills(actor, school)
    if request.method == "POST" and not may:
        raise PermissionDenied
    form = forms.ValuesForm(request.POST or None, book=book, place=book.schools[0]) if may else None
    if form is not None and form.is_valid():
        try:
            count = actions.type_in(actor=actor, year=own, school=school, numbers=form.numbers())
            messages.success(request, _stored(count, keeps(actor)))
            return redirect("balance:values", own.code, uid)
        except Refused as refusal:
            form.add_error(None, str(refusal))
    context = listing.school_listing(own, school, book) | {"form": form, "fills": may, "keeps": keeps(actor)}
    return render(request, "balance/values.html", context | {"district": actor.sees_district})


def _stored(count: int, counts_at_once: bool) -> str:
    if not count:
        return _("Nothing was changed: these figures are known already.")
    if counts_at_once:
        return ngettext("%(n)d figure was stored.", "%(n)d figures were stored.", count) % {"n": count}
    text = ngettext(
        "%(n)d figure was handed in; it counts when the district has confirmed it.",
        "%(n)d figures were handed in; they count when the district has confirmed them.",
        count,
    )
    return text % {"n": count}


@login_required
@require_safe
def overview(request: HttpRequest, year: str) -> HttpResponse:
    actor, own = reader(request), year_or_404(year)
    lines = listing.completeness(own)
    done = sum(line.is_done for line in lines)
    context = {"year": own, "lines": lines, "done": done, "keeps": keeps(actor)}
    return render(request, "balance/overview.html", context)


@login_required
@require_safe
def figures(request: HttpRequest, year: str) -> HttpResponse:
    reader(request)
    own = year_or_404(year)
    content = official.figures_workbook(queries.book_of(own), filled=True)
    return attachment(content, f"{official.FIGURES}-{own.code}.xlsx", XLSX)


@login_required
@require_safe
def template(request: HttpRequest, year: str) -> HttpResponse:
    reader(request)
    own = year_or_404(year)
    content = official.figures_workbook(queries.book_of(own), filled=False)
    return attachment(content, f"{official.FIGURES}-模板-{own.code}.xlsx", XLSX)


@login_required
@require_safe
def waiting(request: HttpRequest) -> HttpResponse:
    actor = reader(request)
    rows = listing.waiting_lines(queries.open_values(actor))
    return render(request, "balance/waiting.html", {"lines": rows, "keeps": keeps(actor)})


def _value(actor: Actor, uid: UUID) -> Value:
    found = queries.open_values(actor).filter(uid=uid).first()
    if found is None:
        raise Http404
    return found


@login_required
@require_POST
def confirm(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = keeper(request)
    found = _value(actor, uid)
    attempt(
        request, _("Confirmed; the figure counts now."), lambda: actions.confirm(actor=actor, values=[found])
    )
    return redirect("balance:waiting")


@login_required
@require_POST
def confirm_all(request: HttpRequest, year: str, uid: UUID) -> HttpResponse:
    actor, own = keeper(request), year_or_404(year)
    school = school_or_404(actor, uid)
    rows = list(queries.open_values(actor, own).filter(school=school, state=ValueState.WAITING))
    attempt(
        request, _("Confirmed; these figures count now."), lambda: actions.confirm(actor=actor, values=rows)
    )
    return redirect("balance:values", own.code, uid)


@login_required
@require_POST
def send_back(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = keeper(request)
    found, reason = _value(actor, uid), request.POST.get("reason", "")
    done = _("Sent back; the school reads the reason beside the figure.")
    attempt(request, done, lambda: actions.send_back(actor=actor, value=found, reason=reason))
    return redirect("balance:waiting")


@login_required
@require_POST
def unit(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = entering(request)
    found = _value(actor, uid)
    # Who only reads the district learns here neither that a question exists nor that it does not.
    if found.school is None or not fills(actor, found.school):
        raise Http404
    other = request.POST.get("other") == "yes"
    done = _("Thank you. The figure was kept as you said.")
    attempt(request, done, lambda: actions.answer_unit(actor=actor, value=found, other_unit=other))
    return redirect("balance:values", found.year.code, found.school.uid)
