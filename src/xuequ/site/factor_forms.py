"""allauth's forms of the second factor and of asking again, in our words."""

from allauth.account.forms import ReauthenticateForm
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as ReauthenticateCodeForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.utils.translation import gettext_lazy, pgettext_lazy

from xuequ.site import factors


def _plain_code(form: forms.Form, help_text: object) -> None:
    field = form.fields["code"]
    field.label = pgettext_lazy("second factor", "Code")
    field.help_text = help_text  # type: ignore[assignment]
    field.widget.attrs.pop("placeholder", None)
    field.widget.attrs["inputmode"] = "numeric"


EITHER = gettext_lazy("Six digits from your authenticator app, or one of your recovery codes.")


class SecondStepForm(AuthenticateForm):
    """The code of the second step; an office computer may be trusted for a month."""

    trust = forms.BooleanField(
        required=False,
        label=gettext_lazy("Do not ask again on this computer for 30 days"),
        help_text=gettext_lazy("Only on your own office computer, never on a shared one."),
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        _plain_code(self, EITHER)
        if not factors.may_trust(self.user):
            del self.fields["trust"]


class AskCodeForm(ReauthenticateCodeForm):
    """A code, asked for again before something that matters."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        _plain_code(self, EITHER)


class SetUpCodesForm(ActivateTOTPForm):
    """The first code of a new key, which shows that the app has it."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        _plain_code(self, "")


class AddPasskeyForm(AddWebAuthnForm):
    """A new passkey and what its owner calls it."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = gettext_lazy("What you call it")
        self.fields["name"].max_length = 60
        self.fields["name"].widget.attrs["maxlength"] = 60


class AskPasswordForm(ReauthenticateForm):
    """The password, asked for again before something that matters."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].label = gettext_lazy("Password")
        self.fields["password"].help_text = ""
        self.fields["password"].widget.attrs.pop("placeholder", None)
