"""The forms of development plans."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from xuequ.core.forms import DateInput
from xuequ.district.models import School, SchoolYear
from xuequ.systems.stars.ailevel.scheme import LevelScheme
from xuequ.systems.stars.plans.actions import GoalWords, PlanWords
from xuequ.systems.stars.plans.choices import GoalState, SpecialityKind


class PlanForm(forms.Form):
    """What a plan says beside its goals."""

    school = forms.ModelChoiceField(School.objects.none(), label=_("School"))
    title = forms.CharField(label=_("Title"), max_length=120)
    start = forms.DateField(label=_("From"), widget=DateInput)
    end = forms.DateField(label=_("Until (not included)"), widget=DateInput)
    speciality_kind = forms.ChoiceField(
        label=_("Speciality"), required=False, choices=[("", _("not chosen yet")), *SpecialityKind.choices]
    )
    speciality = forms.CharField(label=_("The speciality in one sentence"), required=False, max_length=200)
    why = forms.CharField(
        label=_("Why it fits the school"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, schools: "tuple[School, ...]" = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if len(schools) < 2:
            del self.fields["school"]
        else:
            keys = [school.pk for school in schools]
            self.fields["school"].queryset = School.objects.filter(pk__in=keys)  # type: ignore[attr-defined]

    def words(self) -> PlanWords:
        """Return what was written."""
        data = self.cleaned_data
        return PlanWords(
            data["title"],
            data["start"],
            data["end"],
            data["speciality_kind"],
            data["speciality"],
            data["why"],
        )


class GoalForm(forms.Form):
    """A goal that can be measured."""

    text = forms.CharField(label=_("What is to be different"), max_length=200)
    item = forms.ChoiceField(label=_("On which index it works"), required=False)
    measure = forms.CharField(label=_("How it is measured"), max_length=200)
    begins_at = forms.FloatField(label=_("Value at the start"), required=False)
    target = forms.FloatField(label=_("Target value"), required=False)
    due = forms.DateField(label=_("To be reached by"), widget=DateInput)
    steps = forms.CharField(
        label=_("Steps, and who takes them"), required=False, max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip
    state = forms.ChoiceField(label=_("State"), choices=GoalState.choices, initial=GoalState.OPEN)

    def __init__(self, *args: Any, scheme: LevelScheme, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        groups: list[Any] = [
            (one.title, [(index.code, index.title) for index in one.indexes]) for one in scheme.dimensions
        ]
        # A goal of an earlier scheme keeps its index; saving it must not lose what it works on.
        held = self.initial.get("item", "")
        if held and scheme.index(held) is None:
            groups.append((held, _("%(index)s (no longer in the scheme)") % {"index": held}))
        self.fields["item"].choices = [("", _("another one")), *groups]  # type: ignore[attr-defined]

    def words(self) -> GoalWords:
        """Return what was written."""
        return GoalWords(**self.cleaned_data)


class ReviewForm(forms.Form):
    """A look back on a year."""

    year = forms.ModelChoiceField(SchoolYear.objects.none(), label=_("School year"))
    text = forms.CharField(
        label=_("What was reached, what was not, what changes"), max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )  # fmt: skip

    def __init__(self, *args: Any, years: Sequence[SchoolYear], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["year"]
        field.queryset = SchoolYear.objects.filter(pk__in=[year.pk for year in years])  # type: ignore[attr-defined]
        field.choices = [(year.pk, str(year)) for year in years]  # type: ignore[attr-defined]


class CommentForm(forms.Form):
    """What the district says to a look back."""

    text = forms.CharField(label=_("Comment"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))
