"""The forms of the special fund. Sums are in yuan."""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.db import models
from django.utils.text import capfirst, format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from xuequ.core.forms import DateInput
from xuequ.core.money import parse_money
from xuequ.core.money_field import MoneyField
from xuequ.district.models import SchoolYear
from xuequ.systems.support.funding import comparing
from xuequ.systems.support.funding.choices import Dimension, ProjectState
from xuequ.systems.support.funding.deciding import Amount
from xuequ.systems.support.funding.models import Allocation, Project, Source, Spending, Standard

LONGEST = 4000
SURE = _("The sum is right")


def _field(column: models.Field[Any, Any], **words: Any) -> forms.Field | None:
    """Return the field of a column: a sum is written as people write it, and its label says 元."""
    if not column.name.endswith("_yuan"):
        return column.formfield(**words)
    label = words.get("label") or capfirst(column.verbose_name)
    return MoneyField(label=format_lazy(_("{label} (yuan)"), label=label), required=not column.blank)


class _SumForm(forms.ModelForm):
    """One sum with “The sum is right”; a sum with its unit (12元, 0.5万元) says as much as the tick."""

    SUM = "amount_yuan"

    def clean(self) -> dict[str, Any]:
        """Return what was said, ``sure`` also where the unit was written."""
        data: dict[str, Any] = super().clean() or {}
        if data.get(self.SUM) is not None:
            written = parse_money(str(self.data.get(self.add_prefix(self.SUM), "")))
            data["sure"] = data.get("sure", False) or written.stated
        return data


class StandardForm(forms.ModelForm):
    """A new version of the standard."""

    class Meta:
        model = Standard
        fields = (
            "name", "base_per_pupil_yuan", "least_pupils", "star3_yuan", "star4_yuan", "star5_yuan",
            "improved_yuan", "weak_share", "document",
        )  # fmt: skip
        formfield_callback = _field
        help_texts = {"weak_share": _("From 0 to 1, such as 0.4 for four tenths.")}


class RoundForm(forms.Form):
    """A new round."""

    title = forms.CharField(label=_("Title"), max_length=100)
    year = forms.ModelChoiceField(
        label=_("School year"), queryset=SchoolYear.objects.order_by("-code"), empty_label=None
    )
    closes = forms.DateField(label=_("Applications until"), widget=DateInput())


class SourceForm(_SumForm):
    """Money of one origin."""

    sure = forms.BooleanField(label=SURE, required=False)

    class Meta:
        model = Source
        fields = ("kind", "name", "amount_yuan", "dimension", "weak_only")
        formfield_callback = _field


class ProjectForm(_SumForm):
    """An application: what for, what it costs, what it should bring."""

    SUM = "cost_yuan"

    sure = forms.BooleanField(label=SURE, required=False)

    class Meta:
        model = Project
        fields = ("title", "purpose", "cost_yuan", "requires")
        formfield_callback = _field
        widgets = {"purpose": forms.Textarea(attrs={"rows": 4})}

    def __init__(self, *args: Any, others: Iterable[Project] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        keys = [other.pk for other in others]
        self.fields["requires"].queryset = Project.objects.filter(pk__in=keys)  # type: ignore[attr-defined]
        for name, label in Dimension.choices:
            self.fields[f"gain_{name}"] = forms.DecimalField(
                label=label, required=False, min_value=Decimal(0), max_value=Decimal(100), decimal_places=1,
                initial=self.instance.gains.get(name),
            )  # fmt: skip

    @property
    def gain_fields(self) -> list[forms.BoundField]:
        """The fields of what is expected by dimension."""
        return [self[f"gain_{name}"] for name in Dimension.values]

    @property
    def main_fields(self) -> list[forms.BoundField]:
        """All other fields."""
        return [self[name] for name in ("title", "purpose", "cost_yuan", "requires", "sure")]

    def gains(self) -> dict[str, float]:
        """What was written by dimension."""
        found = {name: self.cleaned_data.get(f"gain_{name}") for name in Dimension.values}
        return {name: float(value) for name, value in found.items() if value}


class CheckForm(forms.Form):
    """What the district says to an application."""

    CHOICES = (
        (ProjectState.ACCEPTED, _("Accept for the proposal")),
        (ProjectState.RETURNED, pgettext_lazy("application", "Give back")),
        (ProjectState.REFUSED, pgettext_lazy("application", "Refuse")),
    )
    state = forms.ChoiceField(label=_("Decision on the application"), choices=CHOICES)
    checked_gain = forms.DecimalField(
        label=_("Rise of the school's score"), required=False, min_value=Decimal(0), max_value=Decimal(100),
        decimal_places=2, help_text=_("In points of 100; empty takes what the school expects."),
    )  # fmt: skip
    must = forms.BooleanField(label=_("Has to be done, whatever it costs"), required=False)
    remark = forms.CharField(
        label=_("Remark"), required=False, max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 2})
    )


class SimulateForm(forms.Form):
    """How to share out."""

    METHODS = (("worst", _("the weakest first, then the most gain")), ("alpha", _("α-fair")))
    method = forms.ChoiceField(label=_("Rule"), choices=METHODS)
    alpha = forms.FloatField(
        label="α", required=False, min_value=0, max_value=20, initial=1,
        help_text=_("Only for α-fair: 0 counts gain alone, 1 is Nash's, from 2 on low scores count much more."),
    )  # fmt: skip
    weak_share = forms.FloatField(label=_("Least share for weak schools"), min_value=0, max_value=1)
    weak_weight = forms.FloatField(
        label=_("Weight of a weak school's gain"), min_value=0.1, max_value=10, initial=1
    )

    def settings(self) -> dict[str, Any]:
        """What the action wants."""
        data = self.cleaned_data
        alpha = (data["alpha"] if data["alpha"] is not None else 1.0) if data["method"] == "alpha" else None
        return {"weak_share": data["weak_share"], "alpha": alpha, "weak_weight": data["weak_weight"]}


class _SimulationField(forms.ModelChoiceField):
    """A computed proposal, named by its round, its day and its rule."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.round.title} · {comparing.label(obj)}"


class CompareForm(forms.Form):
    """Two computed proposals to be set side by side."""

    def __init__(self, *args: Any, rows: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, title in (
            ("first", pgettext_lazy("proposal", "First")),
            ("second", pgettext_lazy("proposal", "Second")),
        ):
            # What a choice is called needs no amounts; those chosen are read whole.
            self.fields[name] = _SimulationField(
                rows.defer("result"), label=title, to_field_name="uid", empty_label=None
            )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("first") is not None and data.get("first") == data.get("second"):
            raise forms.ValidationError(_("Choose two different ones."))
        return data


class DecisionForm(forms.Form):
    """An amount for each school, with a reason where it departs from the proposal."""

    document = forms.CharField(label=_("Number of the decision"), max_length=80, required=False)
    reason = forms.CharField(
        label=_("Reason where the decision departs from the proposal"), required=False, max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip

    def __init__(self, *args: Any, rows: Iterable[Allocation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows = list(rows)
        for row in self.rows:
            self.fields[f"yuan_{row.pk}"] = MoneyField(
                label=_("Amount of %(school)s in yuan") % {"school": row.school}, initial=row.proposed_yuan
            )
            self.fields[f"why_{row.pk}"] = forms.CharField(
                label=_("Why for %(school)s") % {"school": row.school}, required=False, max_length=400
            )

    @property
    def lines(self) -> list[tuple[Allocation, forms.BoundField, forms.BoundField]]:
        """Each school's row with its two fields."""
        return [(row, self[f"yuan_{row.pk}"], self[f"why_{row.pk}"]) for row in self.rows]

    def amounts(self) -> dict[int, Amount]:
        """What was decided, by the key of the row."""
        data = self.cleaned_data
        return {row.pk: Amount(data[f"yuan_{row.pk}"], data[f"why_{row.pk}"]) for row in self.rows}


class SpendingForm(_SumForm):
    """An entry of spending; the proof is a file or its number in words."""

    file = forms.FileField(
        label=_("Proof"), required=False, help_text=_("Invoice or contract as PDF or picture.")
    )
    sure = forms.BooleanField(label=SURE, required=False)

    class Meta:
        model = Spending
        fields = ("day", "what", "amount_yuan", "project")
        formfield_callback = _field
        labels = {"project": pgettext_lazy("special fund", "Project")}
        widgets = {"day": DateInput()}

    def __init__(self, *args: Any, projects: Any, day: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["project"].queryset = projects  # type: ignore[attr-defined]
        self.fields["day"].initial = day


class OutcomeForm(forms.Form):
    """What a funded project has brought."""

    reached = forms.DecimalField(
        label=_("Rise of the school's score that was reached"), min_value=Decimal(-100), max_value=Decimal(100),
        decimal_places=2,
    )  # fmt: skip
    outcome = forms.CharField(
        label=_("What came of it"), max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 3})
    )


class AppealForm(forms.Form):
    """What should be looked at again."""

    text = forms.CharField(
        label=_("What should be looked at again?"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class AnswerForm(forms.Form):
    """The answer to a request, with another amount where it is right."""

    text = forms.CharField(label=_("Answer"), max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 3}))
    amount = MoneyField(
        label=_("New amount in yuan"), required=False, help_text=_("Empty leaves the amount as it is.")
    )
