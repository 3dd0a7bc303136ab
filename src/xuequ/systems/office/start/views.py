"""The first start as pages: the administrator of an empty instance, then a list of steps that can be left."""

from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xuequ.core.errors import Refused
from xuequ.district.actors import Actor
from xuequ.district.models import District
from xuequ.district.queries import district
from xuequ.systems.office.start import actions, forms, queries

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def _starter(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not actor.tends_instance:
        raise PermissionDenied
    return actor


@sensitive_post_parameters("password", "again", "code")
@require_http_methods(["GET", "HEAD", "POST"])
def administrator(request: HttpRequest) -> HttpResponse:
    if not queries.is_empty():
        return redirect("office:start" if request.user.is_authenticated else "account_login")
    form = forms.AdministratorForm(request.POST or None)
    if request.method == "POST":
        if not ratelimit.consume(request, action="start_code"):
            form.add_error(None, _("There were too many attempts. Please wait some minutes and try again."))
        elif form.is_valid():
            said = form.cleaned_data
            try:
                account = actions.create_administrator(
                    code=said["code"], username=said["username"], password=said["password"]
                )
            except Refused as refusal:
                form.add_error("code", str(refusal))
            else:
                login(request, account, backend=BACKEND)
                return redirect("office:start")
    return render(request, "office/start/administrator.html", {"form": form})


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    actor = _starter(request)
    steps = queries.steps(actor)
    context = {
        "steps": steps,
        "next": next((step for step in steps if not step.done), None),
        "done": sum(step.done for step in steps),
        "finished": queries.is_finished(),
    }
    return render(request, "office/start/home.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def describe(request: HttpRequest) -> HttpResponse:
    actor = _starter(request)
    form = forms.DistrictForm(request.POST or None, initial=_described(district()))
    if request.method == "POST" and form.is_valid():
        actions.set_district(actor=actor, **form.cleaned_data)
        messages.success(request, _("The district is entered."))
        return redirect("office:start")
    return render(request, "office/start/district.html", {"form": form})


def _described(found: District | None) -> dict[str, object]:
    names = ("name", "code", "bureau", "college", "stages", "year_system")
    return {name: getattr(found, name) for name in names} if found is not None else {}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def year(request: HttpRequest) -> HttpResponse:
    actor = _starter(request)
    start, second, end = queries.proposed_year(actor.day)
    form = forms.YearForm(request.POST or None, initial={"start": start, "second": second, "end": end})
    if request.method == "POST" and form.is_valid():
        try:
            found = actions.set_year(actor=actor, dates=form.dates())
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("%(year)s is entered with its two terms.") % {"year": found})
            return redirect("office:start")
    return render(request, "office/start/year.html", {"form": form, "years": queries.years()})


@login_required
@require_POST
def finish(request: HttpRequest) -> HttpResponse:
    actions.finish(actor=_starter(request))
    messages.success(request, _("The set-up is closed. You find its pages in the menu of your account."))
    return redirect("home")
