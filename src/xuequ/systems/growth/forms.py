"""The design of an evaluation as a form."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from xuequ.core.figures import Text
from xuequ.core.forms import GroupedCheckboxes
from xuequ.engines.errors import InputError
from xuequ.engines.growth.growth_design import GrowthDesign, Measure
from xuequ.record.models import Assessment, FactorKind
from xuequ.record.rules import comparable
from xuequ.systems.growth.models import Evaluation
from xuequ.systems.growth.process_facts import ProcessFact

UNPROPOSED = {"minimum_pupils": 10, "confidence": 0.95, "school_mean_prior": True}
CONFIDENCES = ((0.9, "90%"), (0.95, "95%"), (0.99, "99%"))


class CompareForm(forms.Form):
    """Two evaluations to be laid side by side; cleaned values are the evaluations."""

    first = forms.TypedChoiceField(label=_("First evaluation"))
    second = forms.TypedChoiceField(label=_("Second evaluation"))

    def __init__(self, *args: Any, evaluations: Iterable[Evaluation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = {str(item.run.uid): item for item in evaluations}
        choices = [(uid, f"{item.run.title}（{item.run.created:%Y-%m-%d}）") for uid, item in found.items()]
        for name in ("first", "second"):
            field = self.fields[name]
            assert isinstance(field, forms.TypedChoiceField)
            field.choices, field.coerce = choices, found.__getitem__
        if len(choices) > 1:
            self.initial = {"first": choices[0][0], "second": choices[1][0]}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("first") is not None and data.get("first") == data.get("second"):
            self.add_error("second", _("Choose another evaluation than the first."))
        return data


class DesignForm(forms.Form):
    """What is compared with what, and by which model. ``cleaned_data["design"]`` is the design."""

    title = forms.CharField(label=_("Title"), max_length=160)
    outcomes = forms.MultipleChoiceField(
        label=_("Outcome"),
        help_text=_("What the pupils have reached. Several subjects of one sitting belong together."),
        widget=GroupedCheckboxes,
    )
    priors = forms.MultipleChoiceField(
        label=_("Starting point"),
        help_text=_("What the same pupils had reached before."),
        widget=GroupedCheckboxes,
    )
    factors = forms.MultipleChoiceField(
        label=_("Factors"),
        help_text=_("Used in a second model, shown beside the first."),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    process = forms.MultipleChoiceField(
        label=_("Process facts"),
        help_text=_(
            "What classes and schools did, as systems have published it. It is a school's own doing, so no model takes"
            " it out: it is laid beside growth afterwards."
        ),
        widget=GroupedCheckboxes,
        required=False,
    )
    school_mean_prior = forms.BooleanField(
        label=_("Take the school's mean starting point into account"), required=False
    )
    random_slope = forms.BooleanField(
        label=_("Let the weight of the starting point differ between schools"), required=False
    )
    minimum_pupils = forms.IntegerField(
        label=_("Fewest pupils for a value"),
        help_text=_("Schools and classes with fewer are shown without a value."),
        min_value=5,
        max_value=100,
    )
    confidence = forms.TypedChoiceField(label=_("Certainty of the ranges"), choices=CONFIDENCES, coerce=float)

    def __init__(
        self,
        *args: Any,
        assessments: Sequence[Assessment],
        factors: Sequence[FactorKind],
        process: Sequence[ProcessFact] = (),
        period: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.assessments = {str(item.uid): item for item in assessments}
        self.period = period
        offered = _grouped(assessments)
        self.fields["outcomes"].choices = self.fields["priors"].choices = offered  # type: ignore[attr-defined]
        self.fields["factors"].choices = [(kind.code, str(kind)) for kind in factors]  # type: ignore[attr-defined]
        self.fields["process"].choices = _by_period(process)  # type: ignore[attr-defined]
        for name, found in (("factors", factors), ("process", process)):
            if not found:
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        """Build the design; refuse what the exam rules forbid, with the rule."""
        data = super().clean() or {}
        if self.errors:
            return data
        chosen = [self.assessments[uid] for uid in (*data["outcomes"], *data["priors"])]
        if refusal := comparable(chosen):
            raise forms.ValidationError(str(refusal), code=refusal.code)
        try:
            data["design"] = self._design(data)
        except InputError as error:
            if error.code == "design-column-twice":
                message = _("An assessment cannot be both the outcome and the starting point.")
                raise forms.ValidationError(message, code=error.code) from error
            raise forms.ValidationError(str(error), code=error.code) from error
        return data

    def _design(self, data: dict[str, Any]) -> GrowthDesign:
        return GrowthDesign(
            outcomes=self._measures(data["outcomes"]),
            priors=self._measures(data["priors"]),
            factors=tuple(data.get("factors", ())),
            process=tuple(data.get("process", ())),
            school_mean_prior=data["school_mean_prior"],
            random_slope=data["random_slope"],
            minimum_pupils=data["minimum_pupils"],
            confidence=data["confidence"],
            period=self._period(data["outcomes"]),
        )

    def _period(self, outcomes: Sequence[str]) -> str:
        terms = [self.assessments[uid].term for uid in outcomes]
        years = {term.year.code for term in terms if term is not None}
        return years.pop() if len(years) == 1 else self.period

    def _measures(self, uids: Sequence[str]) -> tuple[Measure, ...]:
        found = [self.assessments[uid] for uid in uids]
        return tuple(Measure(str(a.uid), a.subject.code if a.subject is not None else "") for a in found)


def _grouped(assessments: Sequence[Assessment]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the choices by school year and grade, the newest year and the highest grade first."""
    listed = sorted(assessments, key=_year_and_grade, reverse=True)  # keeps the order within a group
    return [
        (_group_title(group[0]), [(str(item.uid), str(item)) for item in group])
        for _key, found in groupby(listed, key=_year_and_grade)
        if (group := list(found))
    ]


def _by_period(facts: Sequence[ProcessFact]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the choices by period, in the order given."""
    found = groupby(facts, key=lambda fact: fact.period)
    return [(period, [(fact.column, fact.name) for fact in group]) for period, group in found]


def _year_and_grade(assessment: Assessment) -> tuple[str, int]:
    return assessment.term.year.code if assessment.term is not None else "", assessment.grade or 0


def _group_title(assessment: Assessment) -> str:
    parts: list[Text] = [] if assessment.term is None else [str(assessment.term.year)]
    if assessment.grade is not None:
        parts.append(format_lazy(_("grade {grade}"), grade=assessment.grade))
    return " ".join(map(str, parts)) or str(_("Without school year and grade"))


def initial_of(design: GrowthDesign, title: str) -> dict[str, Any]:
    """Return a design as the form's first values."""
    return {
        "title": title,
        "outcomes": [measure.column for measure in design.outcomes],
        "priors": [measure.column for measure in design.priors],
        "factors": list(design.factors),
        "process": list(design.process),
        "school_mean_prior": design.school_mean_prior,
        "random_slope": design.random_slope,
        "minimum_pupils": design.minimum_pupils,
        "confidence": design.confidence,
    }


def chosen_names(form: DesignForm) -> dict[str, list[str]]:
    """Return the names of the assessments that the form begins with."""
    chosen = {"chosen_outcomes": "outcomes", "chosen_priors": "priors"}
    return {
        key: [str(form.assessments[uid]) for uid in form.initial.get(name, ()) if uid in form.assessments]
        for key, name in chosen.items()
    }
