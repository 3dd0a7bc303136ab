"""The forms of levels of AI education."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from xuequ.core.forms import DateInput
from xuequ.district.actors import Actor
from xuequ.district.models import SchoolYear
from xuequ.systems.stars.ailevel import queries
from xuequ.systems.stars.ailevel.scheme import LevelScheme


def not_past(due: dt.date, day: dt.date) -> dt.date:
    """Return the last day of a vote; a day before ``day`` is refused, for nobody could keep it."""
    if due < day:
        raise forms.ValidationError(_("This day has passed; choose today or a later one."))
    return due


class RoundForm(forms.Form):
    """Open a round: which year, which survey, who votes until when."""

    title = forms.CharField(label=_("Title"), max_length=120)
    year = forms.ModelChoiceField(SchoolYear.objects.order_by("-code"), label=_("School year"))
    survey = forms.ModelChoiceField(
        queries.surveys(), label=_("Survey"), required=False,
        help_text=_("The answers of school offices from which the measured indexes are taken."),
    )  # fmt: skip
    raters = forms.MultipleChoiceField(
        label=_("Who votes"), widget=forms.CheckboxSelectMultiple,
        help_text=_("Experts and researchers; five or more make the result steadier."),
    )  # fmt: skip
    due = forms.DateField(label=_("Votes until"), widget=DateInput)

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.day = actor.day
        self.fields["raters"].choices = queries.possible_raters(actor)  # type: ignore[attr-defined]

    def clean_due(self) -> dt.date:
        """Refuse a day that has passed."""
        return not_past(self.cleaned_data["due"], self.day)

    def clean_raters(self) -> list[int]:
        """Return the accounts chosen."""
        return [int(pk) for pk in self.cleaned_data["raters"]]


class VoteForm(forms.Form):
    """A rater's grades of one school: a row of buttons for each index, and what was seen."""

    note = forms.CharField(
        label=_("What you saw (optional)"), required=False, max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip

    def __init__(self, *args: Any, scheme: LevelScheme, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.scheme = scheme
        choices = [(str(place), grade) for place, grade in enumerate(scheme.grades)]
        note = self.fields.pop("note")
        for index in scheme.voted:
            self.fields[f"i_{index.code}"] = forms.ChoiceField(
                label=index.title, help_text=index.ask, choices=choices, widget=forms.RadioSelect
            )
        self.fields["note"] = note

    def grades(self) -> dict[str, int]:
        """Return the grades given, by index."""
        return {index.code: int(self.cleaned_data[f"i_{index.code}"]) for index in self.scheme.voted}


class AnswerForm(forms.Form):
    """What a school says to its level."""

    text = forms.CharField(
        label=_("What you will do, or what you think is wrong"), max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )  # fmt: skip


class ReplyForm(forms.Form):
    """What the district replies."""

    text = forms.CharField(label=_("Reply"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))


class RuleForm(forms.Form):
    """A rule of advice."""

    advice = forms.CharField(label=_("Advice"), max_length=600, widget=forms.Textarea(attrs={"rows": 3}))
    responsible = forms.CharField(label=_("Responsible"), max_length=60)
    cost_yuan = forms.DecimalField(
        label=_("Cost (元)"),
        min_value=Decimal(0),
        max_digits=14,
        decimal_places=2,
        help_text=_("About; 0 if none."),
    )
    weeks = forms.IntegerField(label=_("Weeks"), min_value=1, max_value=200)


class PollForm(forms.Form):
    """Ask experts to compare in pairs."""

    node = forms.ChoiceField(label=_("What is compared"), required=False)
    title = forms.CharField(label=_("Title"), max_length=120)
    reason = forms.CharField(label=_("Why the weights are voted on"), max_length=300)
    experts = forms.MultipleChoiceField(
        label=_("Who is asked"), widget=forms.CheckboxSelectMultiple, help_text=_("At least three.")
    )
    due = forms.DateField(label=_("Open until"), widget=DateInput)

    def __init__(self, *args: Any, actor: Actor, scheme: LevelScheme, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.day = actor.day
        nodes = [
            ("", _("the dimensions")),
            *((one.code, one.title) for one in scheme.dimensions if one.indexes[1:]),
        ]
        self.fields["node"].choices = nodes  # type: ignore[attr-defined]
        self.fields["experts"].choices = queries.possible_raters(actor)  # type: ignore[attr-defined]

    def clean_due(self) -> dt.date:
        """Refuse a day that has passed."""
        return not_past(self.cleaned_data["due"], self.day)

    def clean_experts(self) -> list[int]:
        """Return the accounts chosen."""
        return [int(pk) for pk in self.cleaned_data["experts"]]


class AdoptForm(forms.Form):
    """Adopt the weights of a vote."""

    way = forms.ChoiceField(
        label=_("How the experts' voices are joined"),
        choices=[
            ("judgements", _("geometric mean of judgements (AIJ): one group that speaks with one voice")),
            ("weights", _("geometric mean of weights (AIP): several persons with views of their own")),
        ],
        widget=forms.RadioSelect,
        initial="judgements",
    )
    consistent_only = forms.BooleanField(
        label=_("Only ballots whose judgements do not contradict each other (CR below 0.1)"), required=False
    )
    why = forms.CharField(
        label=_("Why (needed when the experts hardly agree)"), required=False, max_length=200,
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip
