"""What every request is given: its language, its actor, and an answer that suits a fragment and a shared computer."""

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, resolve_url
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.functional import SimpleLazyObject
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from xuequ.core import clock
from xuequ.core.models import Account
from xuequ.district.actors import Actor
from xuequ.site import factors, sessions
from xuequ.site.passwords import profile

Handler = Callable[[HttpRequest], HttpResponse]


class LanguageMiddleware:
    """Chinese unless this person chose otherwise; the browser's own preference does not decide."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        language = chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response


class ActorMiddleware:
    """Set ``request.actor``: the account with today's roles, loaded when first asked for."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.actor = SimpleLazyObject(lambda: _actor(request))  # type: ignore[attr-defined]
        return self.get_response(request)


def _actor(request: HttpRequest) -> Actor:
    if not request.user.is_authenticated:
        return Actor(account_id=None, person_id=None, day=clock.today())
    return Actor.of(request.user, clock.today())


class DutyMiddleware:
    """What comes before every page: a log-in that still holds, a password of one's own, a second factor."""

    # Where somebody who has a duty to do may still go.
    open_to_all = frozenset(
        {
            "account_logout", "account_login", "account_inactive", "account_change_password",
            "account_reauthenticate", "account_set_up", "mfa_authenticate", "mfa_reauthenticate",
            "mfa_reauthenticate_webauthn", "mfa_activate_totp", "mfa_add_webauthn",
            "mfa_view_recovery_codes", "mfa_download_recovery_codes", "set_language", "feedback",
        }
    )  # fmt: skip

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if isinstance(request.user, Account):
            if sessions.has_run_out(request.session, clock.now()):
                logout(request)
            else:
                sessions.touch(request.session, clock.now())
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, args: object, kwargs: object
    ) -> HttpResponse | None:
        """Lead whoever has a duty to its page."""
        if not isinstance(request.user, Account):
            return None
        duty = first_duty(request, request.user)
        request.held_back = duty is not None  # type: ignore[attr-defined]
        match = request.resolver_match
        if duty is None or (match is not None and match.view_name in self.open_to_all):
            return None
        if request.path.startswith("/api/"):
            return JsonResponse(
                {"detail": _("Sign in on the pages first; something there waits for you.")}, status=403
            )
        if "HX-Request" in request.headers:
            return HttpResponseClientRedirect(reverse(duty))
        return redirect(duty)


def first_duty(request: HttpRequest, account: Account) -> str | None:
    """Return the name of the page that must be dealt with before any other."""
    if account.must_change_password or profile().expired(account, clock.now()):
        return "account_change_password"
    # Asked in this order: the session is at hand, the roles are loaded for the page anyway.
    if settings.XUEQU_MFA and not factors.has_shown(request):
        return "account_set_up" if factors.needs_factor(request.actor) else None  # type: ignore[attr-defined]
    return None


class FragmentMiddleware:
    """A fragment asked for after signing out loads the sign-in page whole; personal pages stay in no cache."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        patch_vary_headers(response, ["HX-Request"])
        if request.session.accessed:
            # On a shared computer the back button must not show what the last person saw.
            response.headers.setdefault("Cache-Control", "private, no-store")
        login = resolve_url(settings.LOGIN_URL)
        if "HX-Request" in request.headers and response.headers.get("Location", "").startswith(login):
            page = request.htmx.current_url_abs_path or "/"  # type: ignore[attr-defined]
            return HttpResponseClientRedirect(f"{login}?{urlencode({'next': page})}")
        return response
