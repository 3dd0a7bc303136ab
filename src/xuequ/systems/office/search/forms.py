"""The form of the search."""

from django import forms
from django.utils.translation import gettext_lazy as _

from xuequ.core.search.finding import LONGEST_QUESTION


class SearchForm(forms.Form):
    """What is looked for. It is sent with POST, since names and numbers have no place in an address or a log."""

    words = forms.CharField(
        label=_("What are you looking for?"),
        max_length=LONGEST_QUESTION,
        help_text=_(
            "Any part of a name or title, one character is enough; a pupil's number whole or by its last four digits"
            " or more. Several words: all of them must occur."
        ),
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off", "enterkeyhint": "search"}),
    )
