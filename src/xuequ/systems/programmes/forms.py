"""What the forms of programmes share."""

from django import forms
from django.utils.translation import gettext_lazy as _


class WordsForm(forms.Form):
    """A few words that explain a step."""

    words = forms.CharField(
        label=_("In a few words"), widget=forms.Textarea(attrs={"rows": 2}), max_length=200, required=False
    )
