"""Forms of ratings: points with the words of their levels."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from xuequ.engines.evaluation.star_scheme import Dimension, SchemeItem
from xuequ.systems.stars.points import shown

NOTE = {"rows": 2}


def choices_of(item: SchemeItem) -> list[tuple[str, str]]:
    """Return the points that may be given with the words of their levels."""
    words = {level.points: level.text for level in item.levels}
    return [
        (shown(points), f"{shown(points)} {words[points] if points in words else _without(points)}".strip())
        for points in item.given
    ]


def _without(points: float) -> str:
    return gettext("not reached") if points == 0 else ""


class RateForm(forms.Form):
    """Points and a note for one item."""

    points = forms.ChoiceField(label=_("Points"), widget=forms.RadioSelect)
    note = forms.CharField(
        label=_("In a sentence: what is there"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs=NOTE),
    )

    def __init__(self, *args: Any, item: SchemeItem, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["points"].choices = choices_of(item)  # type: ignore[attr-defined]

    def clean_points(self) -> float:
        """Return the number."""
        return float(self.cleaned_data["points"])


class DimensionRatingForm(forms.Form):
    """What a rater gives for the items of a dimension: those that are chosen are kept."""

    def __init__(
        self, *args: Any, dimension: Dimension, given: "dict[str, tuple[str, str]]", **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.dimension = dimension
        for at, item in enumerate(dimension.items):
            points, note = given.get(item.code, ("", ""))
            self.fields[f"points-{at}"] = forms.ChoiceField(
                label=f"{item.code} {item.text}",
                choices=choices_of(item),
                widget=forms.RadioSelect,
                required=False,
                initial=points,
            )
            self.fields[f"note-{at}"] = forms.CharField(
                label=_("What you saw"),
                required=False,
                max_length=2000,
                initial=note,
                widget=forms.TextInput(
                    attrs={
                        "autocomplete": "off",
                        "placeholder": gettext("What you saw"),
                        "aria-label": f"{item.code} {gettext('What you saw')}",
                    }
                ),
            )

    @property
    def given(self) -> dict[str, tuple[float, str]]:
        """What was chosen, by item."""
        return {
            item.code: (float(self.cleaned_data[f"points-{at}"]), self.cleaned_data[f"note-{at}"])
            for at, item in enumerate(self.dimension.items)
            if self.cleaned_data.get(f"points-{at}")
        }

    def pairs(self) -> list[tuple[SchemeItem, forms.BoundField, forms.BoundField]]:
        """Return each item with its two fields."""
        return [
            (item, self[f"points-{at}"], self[f"note-{at}"]) for at, item in enumerate(self.dimension.items)
        ]


class DecideForm(forms.Form):
    """The district's points for an item on which raters differ."""

    points = forms.ChoiceField(label=_("Points"))
    note = forms.CharField(
        label=_("Why"),
        max_length=2000,
        widget=forms.Textarea(attrs=NOTE),
        help_text=_("The school reads it."),
    )

    def __init__(self, *args: Any, item: SchemeItem, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["points"].choices = choices_of(item)  # type: ignore[attr-defined]


class AnswerForm(forms.Form):
    """The answer to an appeal."""

    points = forms.ChoiceField(label=_("Points"), required=False)
    text = forms.CharField(
        label=_("Answer"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The school reads it."),
    )

    def __init__(self, *args: Any, item: SchemeItem, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stay = [("", gettext("points stay as they are"))]
        self.fields["points"].choices = [*stay, *choices_of(item)]  # type: ignore[attr-defined]


class ReasonForm(forms.Form):
    """Why a self-rating goes back to the school."""

    reason = forms.CharField(
        label=_("What should be mended"), max_length=2000, widget=forms.Textarea(attrs=NOTE)
    )


class TextForm(forms.Form):
    """A sentence or two."""

    text = forms.CharField(label=_("How you reached it"), max_length=2000, widget=forms.Textarea(attrs=NOTE))


class AppealForm(forms.Form):
    """What a school says against points, perhaps with a file."""

    text = forms.CharField(
        label=_("Why the points should change"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4})
    )
    file = forms.FileField(
        label=_("New evidence"),
        required=False,
        widget=forms.ClearableFileInput(attrs={"accept": ".pdf,.jpg,.jpeg,.png,.docx,.xlsx"}),
    )
