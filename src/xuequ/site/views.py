"""Pages that belong to no system: home, complaints and suggestions, the demo's one-tap sign-in."""

import datetime as dt

from allauth.core.ratelimit import consume
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xuequ.core.home import home_cards
from xuequ.core.models import Account
from xuequ.core.registry import Card
from xuequ.kit.credentials import outside
from xuequ.site import feedback, sessions
from xuequ.site.accounts import demo_accounts
from xuequ.site.forms import CodeForm, FeedbackForm, ReplyForm
from xuequ.site.outside import waiting

SENT_CODE = "feedback_code"


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    cards = sorted([*_own_cards(request), *home_cards(actor)], key=lambda card: card.weight)
    due = [card for card in cards if card.tone == "attention"]
    later = [card for card in cards if card.tone != "attention"]
    return render(request, "site/home.html", {"due": due, "later": later})


def _own_cards(request: HttpRequest) -> list[Card]:
    return [*_reset_card(request), *_app_card(request), *_feedback_card(request)]


def _reset_card(request: HttpRequest) -> list[Card]:
    at = request.session.get(sessions.RESET)
    if at is None:
        return []
    when = timezone.localtime(dt.datetime.fromisoformat(at))
    text = _(
        "On %(at)s an administrator removed the second factor of your account. If you did not ask for it, change "
        "your password now and tell the district's data office."
    )
    card = Card(
        title=_("Your second factor was reset"),
        text=text % {"at": f"{when:%F %H:%M}"},
        url=reverse("account_security"),
        action=_("Sign-in and security"),
        icon="shield-lock",
        weight=1,
        tone="attention",
    )
    return [card]


def _app_card(request: HttpRequest) -> list[Card]:
    """Somebody who came from an app had to choose a password or a second factor first: lead them on."""
    outsider = waiting.found(request)
    if outsider is None or not outside.may_connect(request.actor, request.user):  # type: ignore[attr-defined, arg-type]
        return []
    words = {"app": outsider.app.label}
    card = Card(
        title=_("Connect %(app)s") % words,
        text=_("You came from %(app)s. Connect it once, and next time you need no password.") % words,
        url=reverse("outside_connect"),
        action=_("Connect"),
        icon="message-circle",
        weight=2,
        tone="attention",
    )
    return [card]


def _feedback_card(request: HttpRequest) -> list[Card]:
    actor = request.actor  # type: ignore[attr-defined]
    waiting = feedback.unanswered(actor) if feedback.may_answer(actor) else 0
    if not waiting:
        return []
    card = Card(
        title=_("Complaints and suggestions"),
        text=_("%(count)s wait for an answer.") % {"count": waiting},
        url=reverse("feedback_received"),
        action=_("Answer"),
        icon="message-report",
        weight=60,
        tone="attention",
    )
    return [card]


def feedback_page(request: HttpRequest) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    form = FeedbackForm(
        request.POST or None, initial={"page": request.GET.get("page", "")[:200], "kind": "suggestion"}
    )
    if request.method == "POST" and form.is_valid():
        if not consume(request, action="feedback"):
            form.add_error(
                None, _("You have just sent several messages. Please wait some minutes and send again.")
            )
        else:
            code = feedback.send(actor=actor, **form.cleaned_data)
            if code:
                request.session[SENT_CODE] = code
                return redirect("feedback_sent")
            messages.success(request, _("Thank you. Your message has reached the district office."))
            return redirect("feedback")
    context = {
        "form": form,
        "written": feedback.written_by(actor)[:20],
        "may_answer": feedback.may_answer(actor),
    }
    return render(request, "site/feedback.html", context)


@require_safe
def feedback_sent(request: HttpRequest) -> HttpResponse:
    """Show the code with which somebody who is not signed in reads the answer."""
    code = request.session.get(SENT_CODE)
    return render(request, "site/feedback_sent.html", {"code": code}) if code else redirect("feedback")


@require_http_methods(["GET", "HEAD", "POST"])
def feedback_look(request: HttpRequest) -> HttpResponse:
    """Show a message and its answer to whoever has the code."""
    form, row = CodeForm(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        if not consume(request, action="feedback_code"):
            form.add_error(None, _("There were too many attempts. Please wait some minutes and try again."))
        else:
            row = feedback.found(form.cleaned_data["code"])
            if row is None:
                form.add_error("code", _("No message has this code. Please compare it letter by letter."))
    return render(request, "site/feedback_look.html", {"form": form, "row": row})


@login_required
@require_safe
def feedback_received(request: HttpRequest) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    if not feedback.may_answer(actor):
        raise PermissionDenied
    page = Paginator(feedback.received(actor), 20).get_page(request.GET.get("page"))
    return render(request, "site/feedback_received.html", {"page": page})


@login_required
def feedback_answer(request: HttpRequest, uid: str) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    row = get_object_or_404(feedback.received(actor), uid=uid)
    form = ReplyForm(request.POST or None, initial={"reply": row.reply})
    if request.method == "POST" and form.is_valid():
        feedback.answer(actor=actor, row=row, reply=form.cleaned_data["reply"])
        messages.success(request, _("The answer has been saved; the writer sees it under their message."))
        return redirect("feedback_received")
    return render(request, "site/feedback_answer.html", {"row": row, "form": form})


@require_POST
def demo_login(request: HttpRequest) -> HttpResponse:
    username = request.POST.get("username", "")
    if not settings.DEMO or username not in {account.username for account in demo_accounts()}:
        raise Http404
    account = get_object_or_404(Account, username=username, is_active=True)
    login(request, account, backend=settings.AUTHENTICATION_BACKENDS[-1])
    return redirect("home")
