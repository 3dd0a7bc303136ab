"""Sign-in: accounts are made by the data office, nobody signs up."""

from typing import TYPE_CHECKING, Any

from allauth.account import views as allauth_views
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.account.forms import ChangePasswordForm, LoginForm
from allauth.account.internal.flows.reauthentication import reauthenticate_by_password
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal import ratelimit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.password_validation import get_default_password_validators
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xuequ.core import audit, clock
from xuequ.core.models import Account
from xuequ.district.actors import Actor
from xuequ.site.errors import too_many_requests
from xuequ.site.outside import waiting
from xuequ.site.outside.providers import offered
from xuequ.site.passwords import profile

if TYPE_CHECKING:
    from xuequ.kit.demo import DemoAccount


class ClosedAdapter(DefaultAccountAdapter):
    """allauth with sign-up closed, and in our own words."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "account_inactive": gettext_lazy(
            "This account has been closed. Please ask your school's data officer."
        ),
        "username_password_mismatch": gettext_lazy("The login name and the password do not match."),
        "too_many_login_attempts": gettext_lazy(
            "There were too many attempts for this login name. Please wait some minutes and try again."
        ),
        "rate_limited": gettext_lazy("There were too many attempts. Please wait some minutes and try again."),
        "incorrect_password": gettext_lazy("This is not your password."),
        "enter_current_password": gettext_lazy("This is not your present password."),
    }
    messages = {
        "account/messages/password_changed.txt": gettext_lazy(
            "Your password has been changed; all other log-ins have been ended."
        ),
        "mfa/messages/totp_activated.txt": gettext_lazy("One-time codes are set up."),
        "mfa/messages/totp_deactivated.txt": gettext_lazy("One-time codes have been removed."),
        "mfa/messages/webauthn_added.txt": gettext_lazy("The passkey has been added."),
        "mfa/messages/webauthn_removed.txt": gettext_lazy("The passkey has been removed."),
        "mfa/messages/recovery_codes_generated.txt": gettext_lazy(
            "New recovery codes have been made. Print them and keep them where you keep documents."
        ),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("home")

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Bound what one address sends; django-axes bounds the tries for one name (see ``limits``)."""
        self._login_failed_rl_usage = ratelimit.consume(
            request, app="allauth.account", action="wrong_passwords"
        )
        if not self._login_failed_rl_usage:
            raise ImmediateHttpResponse(too_many_requests(request))

    def get_login_stages(self) -> list[str]:
        ours = {"allauth.mfa.stages.AuthenticateStage": "xuequ.site.factors.SecondFactorStage"}
        return [ours.get(path, path) for path in super().get_login_stages()]

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        words = {
            "reauthenticate": _("Use the password"),
            "mfa_reauthenticate": _("Use a code"),
            "mfa_reauthenticate:webauthn": _("Use a passkey"),
        }
        found = super().get_reauthentication_methods(user)
        return [method | {"description": words[method["id"]]} for method in found]

    def login(self, request: HttpRequest, user: Any) -> None:
        super().login(request, user)
        if any(record["method"] == "password" for record in get_authentication_records(request)):
            # The password was typed a moment ago; setting up a second factor need not ask for it again.
            reauthenticate_by_password(request)

    def set_password(self, user: Any, password: str) -> None:
        """Store the password that its owner chose."""
        user.set_password(password)
        user.must_change_password, user.password_changed = False, clock.now()
        user.save(update_fields=["password", "must_change_password", "password_changed"])
        audit.record(Actor.of(user, clock.today()), "account.password_changed", user)

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None, *args: Any, **kwargs: Any
    ) -> None:
        """Say it in our own words where we have them."""
        words = self.messages.get(message_template or "")
        if words is not None:
            messages.add_message(request, level, words)
        else:
            super().add_message(request, level, message_template, *args, **kwargs)


def demo_accounts() -> "list[DemoAccount]":
    """Return one account per role, in the order in which the sign-in page shows them; empty outside the demo."""
    if not settings.DEMO:
        return []
    from xuequ.kit import demo

    return demo.demo_accounts()


class SignInForm(LoginForm):
    """Login name and password, in our own words."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = gettext_lazy("Login name")
        self.fields["password"].label = gettext_lazy("Password")
        self.fields["password"].help_text = ""
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)


class PasswordForm(ChangePasswordForm):
    """The old password and the new one, with the rules of this instance."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        rule = profile()
        self.fields["oldpassword"].label = gettext_lazy("Present password")
        self.fields["password1"].label = gettext_lazy("New password")
        self.fields["password2"].label = gettext_lazy("New password once more")
        self.fields["oldpassword"].help_text = self.fields["password2"].help_text = ""
        words = [
            _("At least %(shortest)s characters, better %(advised)s or more; several words that only you would put "
              "together are good.") % {"shortest": rule.shortest, "advised": rule.advised}
        ]  # fmt: skip
        words += [
            validator.get_help_text()
            for validator in get_default_password_validators()
            if validator.__class__.__module__ == "xuequ.site.passwords"
        ]
        self.fields["password1"].help_text = " ".join(words)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)


class SignInView(allauth_views.LoginView):
    """The sign-in page; in the demo it offers one account per role, and an empty instance begins with its set-up."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated and not Account.objects.exists():
            return redirect("office:start-administrator")
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return response

    def form_valid(self, form: LoginForm) -> HttpResponseBase:
        if self.get_success_url() != reverse("outside_connect"):
            # Somebody else may have left it on a shared computer.
            waiting.forget(self.request)
        response: HttpResponseBase = super().form_valid(form)
        return response

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        more = {"demo_accounts": demo_accounts(), "apps": offered(self.request)}
        return {**super().get_context_data(**kwargs), **more}


@login_required
def password_change(request: HttpRequest) -> HttpResponseBase:
    """Change one's own password; an account that signs in elsewhere has none to change."""
    if request.user.is_authenticated and request.user.has_usable_password():
        response: HttpResponseBase = allauth_views.password_change(request)
        return response
    messages.info(request, _("This account has no password here."))
    return redirect("home")
