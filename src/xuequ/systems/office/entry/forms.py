"""The form of a school's own examination."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from xuequ.core.forms import DateInput
from xuequ.district.models import School, Subject, Term
from xuequ.kit.scores.cells import LEVEL_SETS
from xuequ.record.choices import Basis, Form
from xuequ.systems.office.entry.actions import Plan
from xuequ.systems.office.entry.queries import SCHOOL_MADE
from xuequ.systems.office.forms import GRADES

LEVEL_CHOICES = [("/".join(levels), "、".join(levels)) for levels in LEVEL_SETS]


class PlanForm(forms.Form):
    """One examination of a grade: the exam rules are asked when it is stored."""

    school = forms.ModelChoiceField(
        School.objects.none(), label=_("School"), to_field_name="uid", empty_label=None
    )
    term = forms.ModelChoiceField(
        Term.objects.order_by("-code"), label=_("Term"), to_field_name="code", empty_label=None
    )
    basis = forms.ChoiceField(
        label=_("Kind of examination"), choices=[(basis.value, basis.label) for basis in SCHOOL_MADE]
    )
    grade = forms.TypedChoiceField(label=_("Grade"), choices=GRADES, coerce=int)
    subjects = forms.ModelMultipleChoiceField(
        Subject.objects.exclude(code="total"),
        label=_("Subjects"),
        to_field_name="code",
        widget=forms.CheckboxSelectMultiple,
    )
    form = forms.ChoiceField(label=_("Results in"), choices=Form.choices)
    full_mark = forms.FloatField(
        label=_("Full mark"),
        min_value=1,
        max_value=1000,
        initial=100,
        required=False,
        help_text=_("For scores."),
    )
    levels = forms.ChoiceField(label=_("Levels"), choices=LEVEL_CHOICES, help_text=_("For levels."))
    held_on = forms.DateField(label=_("Held on"), required=False, widget=DateInput)

    def __init__(self, *args: Any, schools: Sequence[School], term: Term | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["school"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = School.objects.filter(pk__in=[school.pk for school in schools])
        if term is not None:
            self.initial.setdefault("term", term.code)

    def plan(self) -> Plan:
        """Return what was filled in."""
        said = self.cleaned_data
        return Plan(
            said["school"],
            said["term"],
            Basis(said["basis"]),
            said["grade"],
            list(said["subjects"]),
            Form(said["form"]),
            said["full_mark"],
            said["levels"].split("/"),
            said["held_on"],
        )
