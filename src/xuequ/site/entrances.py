"""Ways in besides a password: a pupil's card that a teacher confirms, and the tie of a guardian to a child."""

import datetime as dt
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.contrib.auth.password_validation import password_validators_help_text_html, validate_password
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import RegexValidator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from xuequ.core import clock
from xuequ.core.errors import Refused
from xuequ.core.models import Account
from xuequ.district.actors import Actor
from xuequ.district.choices import Relation, Role
from xuequ.kit.credentials import bindings, cards, codes
from xuequ.kit.credentials.models import Binding
from xuequ.kit.credentials.outside import Outsider, connect_newcomer
from xuequ.site.limits import client_address
from xuequ.site.outside import waiting

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
KNOCK = "knock"
LOGIN_NAME = RegexValidator(
    r"^[A-Za-z][A-Za-z0-9._-]{3,29}$",
    gettext_lazy(
        "Use 4 to 30 letters (a to z), digits, dots, dashes or underscores, beginning with a letter."
    ),
)
PHONE = RegexValidator(
    r"^\+?[0-9][0-9 -]{5,18}$", gettext_lazy("This does not look like a telephone number.")
)


def _address(request: HttpRequest) -> str:
    return client_address(request) or "unknown"


class CardForm(forms.Form):
    """What stands on a card."""

    secret = forms.CharField(
        label=gettext_lazy("Letters on the card"),
        max_length=300,
        help_text=gettext_lazy("16 letters and digits; dashes and small letters do not matter."),
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "characters",
                "data-fragment": "send",
                "autofocus": True,
            }
        ),
    )


@sensitive_post_parameters("secret")
@require_http_methods(["GET", "HEAD", "POST"])
def card(request: HttpRequest) -> HttpResponse:
    """Take a card and let its pupil wait for the teacher's word."""
    if request.user.is_authenticated:
        return render(request, "entrances/signed_in.html")
    form = CardForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            knock = cards.knock(
                secret=form.cleaned_data["secret"], address=_address(request), day=clock.today()
            )
        except Refused as refusal:
            form.add_error("secret", str(refusal))
        else:
            request.session[KNOCK] = str(knock.uid)
            request.session.set_expiry(int(2 * cards.WAIT.total_seconds()))
            return redirect("card_wait")
    return render(request, "entrances/card.html", {"form": form})


@require_safe
def card_wait(request: HttpRequest) -> HttpResponse:
    """Show that the teacher is asked; the page asks again by itself."""
    if request.user.is_authenticated:
        return redirect("home")
    if KNOCK not in request.session:
        return redirect("card")
    return render(request, "entrances/card_wait.html")


@require_POST
def card_enter(request: HttpRequest) -> HttpResponse:
    """Sign the pupil in as soon as a teacher has said so."""
    if request.user.is_authenticated or KNOCK not in request.session:
        return _to(request, "home" if request.user.is_authenticated else "card")
    try:
        account = cards.enter(knock_uid=request.session[KNOCK], day=clock.today())
    except Refused as refusal:
        del request.session[KNOCK]
        messages.error(request, str(refusal))
        return _to(request, "card")
    if account is None:
        return render(request, "entrances/_waiting.html") if request.htmx else redirect("card_wait")  # type: ignore[attr-defined]
    _sign_in(request, account)
    return _to(request, "home")


def _to(request: HttpRequest, name: str) -> HttpResponse:
    return HttpResponseClientRedirect(reverse(name)) if request.htmx else redirect(name)  # type: ignore[attr-defined]


def _sign_in(request: HttpRequest, account: Account) -> None:
    """Open a session that ends with the school day, or earlier; it says that it came from a card."""
    del request.session[KNOCK]
    login(request, account, backend=BACKEND)
    hours = settings.XUEQU_CARD_HOURS
    ends = dt.time.fromisoformat(settings.XUEQU_SCHOOL_DAY_ENDS)
    request.session["way_in"] = "card"
    now = clock.now()
    # A moment, not a number of seconds: each page would push a number further away.
    request.session.set_expiry(now + dt.timedelta(seconds=cards.seconds_of_session(now, hours, ends)))


class ChildForm(forms.Form):
    """The code of the letter, and whose it is."""

    code = forms.CharField(
        label=gettext_lazy("Code of the letter"),
        max_length=300,
        help_text=gettext_lazy("8 letters and digits; dashes and small letters do not matter."),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "data-fragment": "fill"}
        ),
    )
    child = forms.CharField(
        label=gettext_lazy("Name of the child"),
        max_length=60,
        help_text=gettext_lazy("As it stands on the school's list."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    relation = forms.ChoiceField(label=gettext_lazy("You are the child's"), choices=Relation.choices)

    def clean_code(self) -> str:
        """Find a slip of the pen before it counts as a wrong attempt."""
        typed = codes.plain(self.cleaned_data["code"])
        if not codes.is_well_formed(typed, codes.CODE):
            raise ValidationError(
                _("A letter or digit of the code was mistyped. Please compare it with the letter.")
            )
        return typed

    def claim(self, address: str) -> bindings.Claim:
        """Return what was said."""
        said = self.cleaned_data
        return bindings.Claim(said["code"], said["child"].strip(), Relation(said["relation"]), address)


class GuardianForm(ChildForm):
    """What a guardian without a login says."""

    name = forms.CharField(
        label=gettext_lazy("Your own name"),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    phone = forms.CharField(
        label=gettext_lazy("Your telephone number"),
        max_length=20,
        validators=[PHONE],
        help_text=gettext_lazy("So that the class teacher can ask you when something is unclear."),
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
    )
    username = forms.CharField(
        label=gettext_lazy("Login name that you choose"),
        max_length=30,
        validators=[LOGIN_NAME],
        help_text=gettext_lazy("Letters and digits that you remember; no telephone or identity-card number."),
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )
    password1 = forms.CharField(
        label=gettext_lazy("Password that you choose"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=password_validators_help_text_html(),
    )
    password2 = forms.CharField(
        label=gettext_lazy("The password once more"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, outsider: Outsider | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if outsider is not None:
            words = _("Sign in with my %(app)s account from then on") % {"app": outsider.app.label}
            self.fields["connect"] = forms.BooleanField(label=words, required=False)

    def clean(self) -> dict[str, Any]:
        """Check the password by the rules of this instance."""
        said = super().clean() or self.cleaned_data
        first, second = said.get("password1"), said.get("password2")
        if first and second and first != second:
            self.add_error("password2", _("The two passwords differ."))
        if first:
            try:
                validate_password(first, Account(username=said.get("username", "")))
            except ValidationError as errors:
                self.add_error("password1", errors)
        return said

    def newcomer(self) -> bindings.Newcomer:
        """Return who asks."""
        said = self.cleaned_data
        return bindings.Newcomer(
            said["name"].strip(), said["phone"].strip(), said["username"], said["password1"]
        )


@sensitive_post_parameters("code", "child", "name", "phone", "password1", "password2")
@require_http_methods(["GET", "HEAD", "POST"])
def bind(request: HttpRequest) -> HttpResponse:
    """Ask for the tie to a child: with a new login, or with the one in use."""
    if request.user.is_authenticated:
        return _bind_another(request)
    outsider = waiting.found(request)
    form = GuardianForm(request.POST or None, outsider=outsider)
    if request.method == "POST" and form.is_valid():
        try:
            binding = bindings.ask_as_newcomer(
                claim=form.claim(_address(request)), newcomer=form.newcomer(), day=clock.today()
            )
        except bindings.UsernameTaken as taken:
            form.add_error("username", str(taken))
        except Refused as refusal:
            form.add_error("code", str(refusal))
        else:
            if outsider is not None and form.cleaned_data["connect"]:
                _connect(request, binding, outsider)
            return redirect("bind_sent")
    return render(request, "entrances/bind.html", {"form": form})


def _connect(request: HttpRequest, binding: Binding, outsider: Outsider) -> None:
    """Connect the app with which the guardian came; the request to the school stands either way."""
    waiting.forget(request)
    try:
        connect_newcomer(binding=binding, outsider=outsider)
    except Refused as refusal:
        messages.error(request, str(refusal))


def _bind_another(request: HttpRequest) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if actor.has(Role.PUPIL) or actor.person_id is None:
        raise PermissionDenied
    form = ChildForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            bindings.ask_as_guardian(actor=actor, claim=form.claim(_address(request)))
        except Refused as refusal:
            form.add_error("code", str(refusal))
        else:
            messages.success(
                request, _("The class teacher has been asked. You see the child here once confirmed.")
            )
            return redirect("bind")
    return render(request, "entrances/children.html", {"form": form, "bindings": bindings.of_guardian(actor)})


@require_safe
def bind_sent(request: HttpRequest) -> HttpResponse:
    """Say what happens next."""
    return render(request, "entrances/bind_sent.html")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def bind_end(request: HttpRequest, uid: UUID) -> HttpResponse:
    """End the tie to a child, after a question."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found: Binding | None = bindings.of_guardian(actor).filter(uid=uid, state="active").first()
    if found is None:
        raise Http404
    if request.method == "POST":
        try:
            bindings.end(actor=actor, binding=found)
            messages.success(
                request, _("The tie has been ended. What the school has recorded stays with the school.")
            )
        except Refused as refusal:
            messages.error(request, str(refusal))
        return redirect("bind")
    return render(request, "entrances/bind_end.html", {"binding": found})
