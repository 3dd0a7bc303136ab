"""Sign-in: accounts are made by the data office, nobody signs up."""

from typing import TYPE_CHECKING

from allauth.account import views as allauth_views
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import LoginForm
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

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
            "There were too many attempts for this login name. Please wait five minutes and try again."
        ),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("home")


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


class SignInView(allauth_views.LoginView):
    """The sign-in page; in the demo it offers one account per role."""

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        return {**super().get_context_data(**kwargs), "demo_accounts": demo_accounts()}


@login_required
def password_change(request: HttpRequest) -> HttpResponseBase:
    """Change one's own password; an account that signs in elsewhere has none to change."""
    if request.user.is_authenticated and request.user.has_usable_password():
        response: HttpResponseBase = allauth_views.password_change(request)
        return response
    messages.info(request, _("This account has no password here."))
    return redirect("home")
