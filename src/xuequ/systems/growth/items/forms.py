"""The form on what a class had been taught."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class TaughtForm(forms.Form):
    """Tick the points that the class had been taught before the paper."""

    points = forms.MultipleChoiceField(
        label=_("Taught before this paper"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(
        self, *args: Any, points: Sequence[str], taught: Sequence[str] | None, **kwargs: Any
    ) -> None:
        # Nothing reported yet: most points of a paper have been taught, so only the others have to be unticked.
        kwargs["initial"] = {"points": list(points if taught is None else taught)}
        super().__init__(*args, **kwargs)
        field = self.fields["points"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(point, point) for point in points]
