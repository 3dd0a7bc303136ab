"""Accounts and roles of the people one looks after, and deputies."""

from collections.abc import Callable
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xuequ.core import audit
from xuequ.core.errors import Refused
from xuequ.core.files import attachment
from xuequ.core.models import Account
from xuequ.core.tables import export_of, paged
from xuequ.district import policy, roles
from xuequ.district.actors import Actor, Grant
from xuequ.district.choices import Role
from xuequ.district.models import RoleAssignment
from xuequ.kit.credentials import outside
from xuequ.systems.office.access import actions, queries
from xuequ.systems.office.access.forms import AccountFilter, LendForm, MakeForm, RoleForm
from xuequ.systems.office.access.log_ins import device_words, open_log_ins
from xuequ.systems.office.access.slips import Slip, slips_pdf
from xuequ.systems.office.access.tables import AccountTable
from xuequ.systems.office.access.wording import MEANING, place_words

form_page = require_http_methods(["GET", "HEAD", "POST"])


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def _keeper(request: HttpRequest) -> Actor:
    if not policy.keeps_accounts(_actor(request)):
        raise PermissionDenied
    return _actor(request)


def _account(actor: Actor, uid: UUID) -> Account:
    found = queries.account(actor, uid)
    if found is None:
        raise Http404
    return found


@login_required
@require_safe
def accounts(request: HttpRequest) -> HttpResponse:
    actor = _keeper(request)
    narrowed = AccountFilter(request.GET, actor=actor)
    table = AccountTable(narrowed.narrow(actor), actor=actor)
    if (export := export_of(request, table, "accounts")) is not None:
        audit.record(actor, "accounts.exported", None, {"count": len(table.rows)})
        return export
    context = {"table": paged(request, table), "filter": narrowed, "locked": queries.locked_names()}
    return render(request, "office/access/accounts.html", context)


def _held(actor: Actor, account: Account) -> list[tuple[RoleAssignment, str, str, object, bool]]:
    """Return each role with its words, place, meaning, and whether the actor may end it."""
    own = account.pk == actor.account_id
    return [
        (
            row,
            str(Role(row.role).label),
            place_words(row),
            MEANING[row.role],
            not own and policy.may_give(actor, Grant.of(row)),
        )
        for row in roles.held(account, actor.day)
    ]


@login_required
@require_safe
def account(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = _keeper(request)
    found = _account(actor, uid)
    audit.record(actor, "account.seen", found)
    past = [(row, Role(row.role).label, place_words(row)) for row in queries.history(found, actor)]
    context = {
        "account": found,
        "name": queries.name_of(found),
        "own": found.pk == actor.account_id,
        "may_manage": queries.may_manage(actor, found),
        "locked": bool(queries.locked_names([found.username])),
        "held": _held(actor, found),
        "past": past,
        "factors": [row.get_type_display() for row in Authenticator.objects.filter(user=found)],
        "apps": [row.get_app_display() for row in outside.of_account(found)],
        "log_ins": [(row, device_words(row.user_agent)) for row in open_log_ins(found)],
    }
    return render(request, "office/access/account.html", context)


def _step(do: Callable[[Actor, Account], str]) -> Callable[..., HttpResponse]:
    """Return the view of one step on an account: done by POST, then back to the account with a sentence."""

    @login_required
    @require_POST
    def view(request: HttpRequest, uid: UUID) -> HttpResponse:
        actor = _keeper(request)
        found = _account(actor, uid)
        try:
            messages.success(request, do(actor, found))
        except Refused as refusal:
            messages.error(request, str(refusal))
        return redirect("office:access-account", found.uid)

    return view


def _close(actor: Actor, found: Account) -> str:
    actions.set_open(actor=actor, account=found, is_open=False)
    return _("The account is closed; its log-ins have ended, its roles and history stay.")


def _reopen(actor: Actor, found: Account) -> str:
    actions.set_open(actor=actor, account=found, is_open=True)
    return _("The account is open again.")


def _factor(actor: Actor, found: Account) -> str:
    actions.reset_factor(actor=actor, account=found)
    return _("The second factor has been removed; its owner is told at the next sign-in.")


def _log_ins(actor: Actor, found: Account) -> str:
    actions.end_log_ins(actor=actor, account=found)
    return _("All log-ins of this account have been ended.")


def _unlock(actor: Actor, found: Account) -> str:
    actions.unlock(actor=actor, account=found)
    return _("The login name is open again.")


def _apps(actor: Actor, found: Account) -> str:
    actions.disconnect_apps(actor=actor, account=found)
    return _("Other apps have been disconnected from this account, and its log-ins have ended.")


close, reopen, factor, log_ins, unlock, apps = (
    _step(do) for do in (_close, _reopen, _factor, _log_ins, _unlock, _apps)
)


def _slips(request: HttpRequest, slips: list[Slip]) -> HttpResponse:
    pdf = slips_pdf(slips, request.build_absolute_uri("/"))
    return attachment(pdf, _("slips") + ".pdf", "application/pdf")


@login_required
@never_cache
@form_page
def password(request: HttpRequest, uid: UUID) -> HttpResponse:
    """A new first password, printed on a slip."""
    actor = _keeper(request)
    found = _account(actor, uid)
    if not queries.may_manage(actor, found):
        raise PermissionDenied
    if request.method == "POST":
        return _slips(request, [actions.reset_password(actor=actor, account=found)])
    return render(request, "office/access/password.html", {"account": found, "name": queries.name_of(found)})


@login_required
@require_safe
def choose_school(request: HttpRequest) -> HttpResponse:
    actor = _keeper(request)
    found = list(queries.schools(actor))
    if len(found) == 1:
        return redirect("office:access-make", found[0].uid)
    return render(request, "office/access/choose_school.html", {"schools": found})


@login_required
@never_cache
@form_page
def make(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Make accounts for people of a school who have none; the answer is the file with the slips."""
    actor = _keeper(request)
    school = queries.school(actor, uid)
    if school is None:
        raise Http404
    form = MakeForm(request.POST or None, actor=actor, school=school)
    if request.method == "POST" and form.is_valid():
        try:
            chosen = form.cleaned_data
            return _slips(
                request,
                actions.make_accounts(
                    actor=actor, school=school, who=chosen["who"], school_class=chosen["school_class"]
                ),
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
    return render(request, "office/access/make.html", {"form": form, "school": school})


@login_required
@form_page
def give_role(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = _keeper(request)
    found = _account(actor, uid)
    schools = list(queries.schools(actor))
    everywhere = policy.keeps_accounts_everywhere(actor)
    chosen = next((item for item in schools if str(item.uid) == request.GET.get("school")), None)
    school = chosen if everywhere else chosen or schools[0]
    form = RoleForm(request.POST or None, actor=actor, school=school)
    if request.method == "POST" and form.is_valid():
        try:
            actions.give_role(
                actor=actor,
                account=found,
                role=Role(form.cleaned_data["role"]),
                place=form.place(),
                start=form.cleaned_data["start"],
                end=form.cleaned_data["end"],
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The role has been given."))
            return redirect("office:access-account", found.uid)
    context = {
        "form": form,
        "account": found,
        "name": queries.name_of(found),
        "schools": schools,
        "school": school,
        "everywhere": everywhere,
    }
    return render(request, "office/access/give_role.html", context)


@login_required
@require_POST
def end_role(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = _keeper(request)
    row = get_object_or_404(RoleAssignment, uid=uid)
    _account(actor, row.account.uid)
    try:
        actions.end_role(actor=actor, row=row, day=actor.day)
        messages.success(request, _("The role has ended; its history stays."))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("office:access-account", row.account.uid)


@login_required
@require_safe
def deputies(request: HttpRequest) -> HttpResponse:
    """One's own roles that may be lent, what is lent, and what is borrowed."""
    actor = _actor(request)
    own = queries.own_lendable(actor)
    context = {
        "own": [(row, Role(row.role).label, place_words(row), MEANING[row.role]) for row in own],
        "lent": [(loan, Role(loan.row.role).label, place_words(loan.row)) for loan in queries.lent(actor)],
        "borrowed": [
            (loan, Role(loan.row.role).label, place_words(loan.row), MEANING[loan.row.role])
            for loan in queries.borrowed(actor)
        ],
    }
    return render(request, "office/access/deputies.html", context)


@login_required
@form_page
def lend(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = _actor(request)
    row = next((row for row in queries.own_lendable(actor) if row.uid == uid), None)
    if row is None:
        raise Http404
    form = LendForm(request.POST or None, actor=actor, row=row)
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data
        try:
            roles.lend(
                actor=actor, row=row, borrower=form.account(), start=chosen["start"], end=chosen["end"]
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(
                request, _("The role is lent; what is done with it is written down as done on your behalf.")
            )
            return redirect("office:access-deputies")
    return render(request, "office/access/lend.html", {"form": form, "meaning": MEANING[row.role]})


@login_required
@require_POST
def hand_back(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = _actor(request)
    loan = get_object_or_404(
        RoleAssignment.objects.select_related("lent_from"), uid=uid, lent_from__isnull=False
    )
    if actor.account_id not in {loan.account_id, loan.lent_from and loan.lent_from.account_id}:
        raise Http404
    try:
        roles.hand_back(actor=actor, loan=loan, day=actor.day)
        messages.success(request, _("The loan has ended."))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("office:access-deputies")
