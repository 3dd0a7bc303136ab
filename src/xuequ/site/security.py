"""The page of one's own sign-in: password, other apps, second factor, trusted computers, log-ins."""

from uuid import UUID

from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from allauth.mfa.base import views as mfa_views
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from xuequ.core import audit
from xuequ.core.models import Account
from xuequ.kit.credentials import outside
from xuequ.kit.credentials.choices import App
from xuequ.kit.credentials.models import OutsideAccount
from xuequ.site import factors
from xuequ.site.factor_forms import SecondStepForm
from xuequ.site.models import TrustedMachine
from xuequ.site.outside.providers import offered
from xuequ.site.passwords import profile
from xuequ.systems.office.access.log_ins import device_words, end_all, open_log_ins


class SecondFactorView(mfa_views.AuthenticateView):
    """The second step of signing in."""

    form_class = SecondStepForm

    def form_valid(self, form: forms.Form) -> HttpResponse:
        account = self.stage.login.user
        response = super().form_valid(form)
        wanted = self.request.POST.get("trust")
        if wanted and self.request.user.is_authenticated and factors.may_trust(account):
            factors.trust(self.request, response, account)
        return response

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        found = super().get_context_data(**kwargs)
        types = set(Authenticator.objects.filter(user=self.stage.login.user).values_list("type", flat=True))
        return found | {
            "has_passkey": Authenticator.Type.WEBAUTHN in types,
            "may_trust": factors.may_trust(self.stage.login.user),
        }


@login_required
@require_safe
def security(request: HttpRequest) -> HttpResponse:
    """Everything about one's own sign-in on one page."""
    account = _account(request)
    found = list(Authenticator.objects.filter(user=account).order_by("id"))
    passkeys = [row for row in found if row.type == Authenticator.Type.WEBAUTHN]
    codes = next((row for row in found if row.type == Authenticator.Type.RECOVERY_CODES), None)
    context = {
        "profile": profile(),
        "passkeys": [(row, row.wrap().name) for row in passkeys],
        "totp": next((row for row in found if row.type == Authenticator.Type.TOTP), None),
        "codes_left": len(codes.wrap().get_unused_codes()) if codes else 0,
        "protected": any(row.type in factors.FACTORS for row in found),
        "apps": _apps(request, account),
        "needed": factors.needs_factor(request.actor),  # type: ignore[attr-defined]
        "machines": [(row, device_words(row.user_agent)) for row in factors.trusted_machines(account)],
        "log_ins": [
            (row, device_words(row.user_agent), row.session_key == request.session.session_key)
            for row in open_log_ins(account)
        ],
    }
    return render(request, "account/security.html", context)


@login_required
@require_POST
def end_log_in(request: HttpRequest, pk: int) -> HttpResponse:
    """End one of one's own log-ins."""
    row = get_object_or_404(UserSession, pk=pk, user=request.user)
    if row.session_key == request.session.session_key:
        return redirect("account_logout")
    row.end()
    audit.record(request.actor, "account.log_ins_ended", _account(request), {"count": 1})  # type: ignore[attr-defined]
    messages.success(request, _("This log-in has been ended."))
    return redirect("account_security")


@login_required
@require_POST
def end_others(request: HttpRequest) -> HttpResponse:
    """End all of one's own log-ins but this one."""
    count = end_all(_account(request), but=request.session)
    audit.record(request.actor, "account.log_ins_ended", _account(request), {"count": count})  # type: ignore[attr-defined]
    messages.success(request, _("All other log-ins have been ended."))
    return redirect("account_security")


@login_required
@require_POST
def distrust(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Trust a computer no longer."""
    row = get_object_or_404(TrustedMachine, uid=uid, account=request.user)
    row.delete()
    audit.record(request.actor, "account.computer_distrusted", _account(request))  # type: ignore[attr-defined]
    messages.success(request, _("This computer will be asked for the second factor again."))
    return redirect("account_security")


@login_required
@require_safe
def set_up(request: HttpRequest) -> HttpResponse:
    """Where those who need a second factor are led: first to set one up, later to show it."""
    account = _account(request)
    if Authenticator.objects.filter(user=account, type__in=factors.FACTORS).exists():
        if factors.has_shown(request):
            return redirect("account_security")
        passkey = Authenticator.objects.filter(user=account, type=Authenticator.Type.WEBAUTHN).exists()
        return redirect("mfa_reauthenticate_webauthn" if passkey else "mfa_reauthenticate")
    return render(request, "account/set_up.html", {"confirmed": did_recently_reauthenticate(request)})


def _apps(request: HttpRequest, account: Account) -> list[tuple[App, OutsideAccount | None]]:
    """Return the apps that this instance offers, each with the account's connection; none where none is allowed."""
    if not outside.may_connect(request.actor, account):  # type: ignore[attr-defined]
        return []
    rows = {row.app: row for row in outside.of_account(account)}
    return [(app, rows.get(app.value)) for app, _here in offered(request)]


def _account(request: HttpRequest) -> Account:
    assert isinstance(request.user, Account)
    return request.user
