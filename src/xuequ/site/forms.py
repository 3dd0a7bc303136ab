"""Forms of the site's own pages."""

from django import forms
from django.utils.translation import gettext_lazy as _

from xuequ.site.models import Feedback, FeedbackKind


class FeedbackForm(forms.ModelForm):
    """What to tell the district."""

    class Meta:
        model = Feedback
        fields = ["kind", "text", "page"]
        widgets = {
            "kind": forms.RadioSelect,
            "text": forms.Textarea(attrs={"rows": 6}),
            "page": forms.HiddenInput,
        }
        labels = {"kind": _("What is it?"), "text": _("What would you like to tell us?")}
        help_texts = {
            "text": _("Please leave out the names of pupils. The page you came from is sent along.")
        }

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        kind = self.fields["kind"]
        assert isinstance(kind, forms.TypedChoiceField)
        kind.choices = FeedbackKind.choices  # without the empty choice that a model form adds


class CodeForm(forms.Form):
    """The code of a message that was sent without signing in."""

    code = forms.CharField(
        label=_("Code of your message"),
        max_length=40,
        help_text=_("12 letters and digits; dashes and small letters do not matter."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )


class ReplyForm(forms.Form):
    """The answer to one entry."""

    reply = forms.CharField(label=_("Answer"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))
