"""The form that takes a ledger."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from xuequ.district.models import SchoolYear


class UploadForm(forms.Form):
    """A file, and the school year of its months."""

    file = forms.FileField(
        label=_("File"), widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.xls,.et,.ods,.csv,.txt"})
    )
    year = forms.ChoiceField(label=_("School year"))

    def __init__(self, *args: Any, years: Sequence[SchoolYear], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._years = {year.code: year for year in years}
        self.fields["year"].choices = [(year.code, str(year)) for year in years]  # type: ignore[attr-defined]

    def clean_year(self) -> SchoolYear:
        """Return the school year itself."""
        return self._years[self.cleaned_data["year"]]
