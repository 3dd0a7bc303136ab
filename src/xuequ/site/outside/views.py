"""The way to an app and back, and connecting it with a login."""

import logging

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import perform_login
from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate, suspend_request
from allauth.account.models import Login
from allauth.core.internal import ratelimit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from xuequ.core.errors import Refused
from xuequ.core.models import Account
from xuequ.district.actors import Actor
from xuequ.kit.credentials import outside
from xuequ.kit.credentials.choices import App
from xuequ.kit.credentials.models import OutsideAccount
from xuequ.site.errors import too_many_requests
from xuequ.site.outside import asking, waiting
from xuequ.site.outside.providers import Provider, is_inside, providers

log = logging.getLogger(__name__)


def _provider(app: str) -> Provider:
    found = providers().get(app)
    if found is None:
        raise Http404
    return found


def _callback(request: HttpRequest, app: str) -> str:
    return request.build_absolute_uri(reverse("outside_callback", args=[app]))


def _is_too_often(request: HttpRequest) -> bool:
    return not ratelimit.consume(request, app="allauth.account", action="outside", limit_get=True)


@require_safe
def start(request: HttpRequest, app: str) -> HttpResponse:
    """Send the browser to the app; this is also the address that an app's workbench opens."""
    provider = _provider(app)
    to = request.GET.get("next", "")
    to = to if get_adapter().is_safe_url(to) else ""
    if request.user.is_authenticated and "connect" not in request.GET:
        return redirect(to or "home")
    if _is_too_often(request):
        return too_many_requests(request)
    way = waiting.set_out(request, provider.app, to)
    inside = is_inside(provider, request)
    return redirect(
        provider.address(
            state=way.state, callback=_callback(request, app), challenge=way.challenge, inside=inside
        )
    )


@require_GET
@sensitive_variables("code", "way")
def callback(request: HttpRequest, app: str) -> HttpResponse:
    """Take what the app answers, once, from the browser that was sent there."""
    provider = _provider(app)
    if _is_too_often(request):
        return too_many_requests(request)
    way = waiting.come_back(request)
    if way is None or not way.is_answered_by(app, request.GET.get("state", "")):
        return _sorry(
            request,
            provider.app,
            _("This answer was used before, is too old, or belongs to another browser."),
            400,
        )
    code = request.GET.get("code") or request.GET.get("authCode")  # DingTalk's name for it
    if not code:
        return _sorry(request, provider.app, _("%(app)s was not given permission to say who you are."), 400)
    try:
        subject = provider.subject(code=code, callback=_callback(request, app), verifier=way.verifier)
    except (asking.Down, asking.Spent, asking.Declined) as trouble:
        return _explain(request, provider.app, trouble)
    return _arrive(request, outside.Outsider.of(provider.app, subject), way.next)


def _explain(request: HttpRequest, app: App, trouble: Exception) -> HttpResponse:
    """Say what went wrong over there; the log gets the app's error code and nothing else."""
    log.warning("sign-in with %s: %s %s", app.value, type(trouble).__name__, trouble)
    if isinstance(trouble, asking.Spent):
        return _sorry(request, app, _("The code from %(app)s has run out or was used before."), 400)
    if isinstance(trouble, asking.Down):
        return _sorry(request, app, _("%(app)s does not answer at present."), 503)
    return _sorry(
        request,
        app,
        _("%(app)s refused. Please tell the district's data office: error %(error)s."),
        502,
        str(trouble),
    )


def _sorry(request: HttpRequest, app: App, words: str, status: int, error: str = "") -> HttpResponse:
    context = {"app": app, "words": words % {"app": app.label, "error": error}}
    return render(request, "outside/sorry.html", context, status=status)


def _arrive(request: HttpRequest, outsider: outside.Outsider, to: str) -> HttpResponse:
    """Sign the owner in, or remember whom the app named until somebody has proven to be that one."""
    owner = outside.owner(outsider)
    if owner is not None and request.user.is_authenticated:
        return _already_in(request, outsider, owner)
    if owner is None:
        waiting.keep(request, outsider)
        return redirect("outside_connect")
    outside.note_use(outsider)
    waiting.note_entry(request, owner, outsider.app)
    response: HttpResponse = perform_login(request, Login(user=owner, redirect_url=to or None))
    return response


def _already_in(request: HttpRequest, outsider: outside.Outsider, owner: Account) -> HttpResponse:
    if owner.pk != request.user.pk:
        return _sorry(
            request, outsider.app,
            _("This %(app)s account is connected with somebody else's login; nothing was changed."), 409,
        )  # fmt: skip
    messages.info(
        request, _("This %(app)s account is connected with your login already.") % {"app": outsider.app.label}
    )
    return redirect("account_security")


@require_http_methods(["GET", "HEAD", "POST"])
def connect(request: HttpRequest) -> HttpResponse:
    """Connect the app's account with a login: first a password, then a question, then it is done."""
    outsider = waiting.found(request)
    if outsider is None:
        return redirect("account_security")
    account = request.user
    if not isinstance(account, Account):
        return render(request, "outside/unknown.html", {"app": outsider.app})
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not outside.may_connect(actor, account):
        waiting.forget(request)
        return _sorry(request, outsider.app, _("This login cannot be connected with another app."), 403)
    if not did_recently_reauthenticate(request):
        asked_again: HttpResponse = suspend_request(request, reverse("account_reauthenticate"))
        return asked_again
    if request.method == "POST":
        return _connect(request, actor, account, outsider)
    return render(request, "outside/connect.html", {"app": outsider.app})


def _connect(
    request: HttpRequest, actor: Actor, account: Account, outsider: outside.Outsider
) -> HttpResponse:
    waiting.forget(request)
    if "yes" not in request.POST:
        messages.info(request, _("Nothing was connected."))
        return redirect("home")
    try:
        outside.connect(actor=actor, account=account, outsider=outsider)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        words = _("Connected. From now on you can sign in with %(app)s; your password stays valid.")
        messages.success(request, words % {"app": outsider.app.label})
    return redirect("account_security")


@login_required
@require_POST
def disconnect(request: HttpRequest, app: str) -> HttpResponse:
    """End a connection of one's own."""
    row = get_object_or_404(OutsideAccount, account=request.user, app=app)
    outside.disconnect(actor=request.actor, row=row)  # type: ignore[attr-defined]
    messages.success(request, _("Disconnected. You sign in with your login name and password."))
    return redirect("account_security")


@require_safe
def verification(request: HttpRequest, code: str) -> HttpResponse:
    """Show WeCom that this server is ours: it asks for a file whose name holds the text that it must contain."""
    if not code or code != settings.XUEQU_WECOM_VERIFY:
        raise Http404
    return HttpResponse(code, content_type="text/plain")
