"""What the school answers and what came of an alert."""

from django import forms
from django.utils.translation import gettext_lazy as _


class AnswerForm(forms.Form):
    """The school's own words."""

    text = forms.CharField(
        label=_("What do you think has changed?"),
        help_text=_(
            "The district reads this together with the alert. No names of pupils or teachers, please."
        ),
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=2000,
    )


class SettleForm(forms.Form):
    """The district's note at the end."""

    outcome = forms.CharField(
        label=_("What came of it?"), widget=forms.Textarea(attrs={"rows": 3}), max_length=2000
    )
