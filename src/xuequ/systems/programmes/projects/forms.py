"""Forms of projects; each belongs to one step."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from xuequ.core.forms import DateInput
from xuequ.core.money_field import MoneyField
from xuequ.district.actors import Actor
from xuequ.district.models import School, Term
from xuequ.kit.evidence.forms import ACCEPT
from xuequ.systems.programmes import access
from xuequ.systems.programmes.choices import AcceptanceVerdict, OpinionVerdict, Source, Stage, Way
from xuequ.systems.programmes.ledger.forms import kept_schools
from xuequ.systems.programmes.models import Contract, Project
from xuequ.systems.programmes.projects import versions
from xuequ.systems.programmes.projects.actions import Target

LEAST, MOST = 5_000, 60_000_000
"""What a project or contract may believably cost, in 元; beside it, a number without a unit is asked about."""


def _words(label: object, rows: int = 3, required: bool = True, help_text: object = "") -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(
        label=label,  # type: ignore[arg-type]
        widget=widget,
        max_length=2000,
        required=required,
        help_text=help_text,  # type: ignore[arg-type]
    )


class ProjectForm(forms.ModelForm[Project]):
    """An application."""

    budget = MoneyField(label=_("Budget from the public budget"), required=False, low=LEAST, high=MOST)
    base = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput())
    society = MoneyField(label=_("Budget from society"), required=False, low=LEAST, high=MOST)
    enterprise = MoneyField(label=_("Budget from enterprises"), required=False, low=LEAST, high=MOST)

    class Meta:
        model = Project
        fields = ["title", "school", "schools", "purpose", "expected", "expected_uses", "due"]
        widgets = {
            "due": DateInput(),
            "purpose": forms.Textarea(attrs={"rows": 3}),
            "expected": forms.Textarea(attrs={"rows": 3}),
            "schools": forms.CheckboxSelectMultiple(),
        }
        help_texts = {
            "purpose": _("What is missing now, and what will be different. No names of persons."),
            "expected": _("Who uses it for what; the reports of use are held against it later."),
        }

    field_order = [
        "title", "school", "purpose", "expected", "expected_uses", "due", "budget", "society", "enterprise", "schools",
    ]  # fmt: skip

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        everywhere = access.keeps_everything(actor)
        own = kept_schools(actor)
        self.fields["school"].queryset = own  # type: ignore[attr-defined]
        if everywhere:
            self.fields["school"].empty_label = _("the district")  # type: ignore[attr-defined]
            self.fields["schools"].queryset = School.objects.of_district().order_by("code")  # type: ignore[attr-defined]
        else:
            del self.fields["schools"]
            self._one_school(list(own[:2]))
        if self.instance.pk is None:
            del self.fields["base"]
            return
        for fund in self.instance.funds.all():
            self.initial[fund.source] = fund.budget_yuan
        if not self.is_bound:
            self.initial["base"] = versions.version(versions.stored(self.instance))

    def _one_school(self, own: list[School]) -> None:
        self.fields["school"].required = True
        if len(own) == 1:
            self.instance.school = own[0]
            del self.fields["school"]

    def show_conflict(self, conflict: versions.Conflict) -> None:
        """Say what is stored now beside what was typed; kept once more, what stands in the form holds."""
        sent = cast(QueryDict, self.data).copy()
        sent["base"] = conflict.version
        self.data = sent
        self.add_error(None, str(conflict))
        for name, words in conflict.stored.items():
            now = gettext("Stored now: %(words)s") % {"words": words or gettext("nothing")}
            self.add_error(name if name in self.fields else None, now)

    @property
    def budgets(self) -> dict[str, Decimal | None]:
        """The budget by source."""
        return {source: self.cleaned_data.get(source) for source in Source.values}


class OpinionForm(forms.Form):
    """An expert's opinion."""

    verdict = forms.ChoiceField(label=_("Opinion"), choices=OpinionVerdict.choices, widget=forms.RadioSelect)
    words = _words(_("Reasons"), 4)


class ContractForm(forms.Form):
    """A contract."""

    title = forms.CharField(label=_("What is ordered"), max_length=120)
    supplier = forms.CharField(label=_("Supplier"), max_length=120)
    way = forms.ChoiceField(label=_("Way of procurement"), choices=Way.choices)
    source = forms.ChoiceField(label=_("Paid from"), choices=Source.choices)
    sum_yuan = MoneyField(label=_("Contract sum"), low=LEAST, high=MOST)
    signed = forms.DateField(label=_("Signed on"), widget=DateInput())
    over = forms.CharField(label=_("If it goes beyond the budget: why"), max_length=200, required=False)


class PaymentForm(forms.Form):
    """A payment."""

    contract = forms.ModelChoiceField(label=_("Contract"), queryset=Contract.objects.none())
    amount_yuan = MoneyField(label=_("Amount"), low=500, high=MOST)
    paid = forms.DateField(label=_("Paid on"), widget=DateInput())

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["contract"].queryset = project.contracts.all()  # type: ignore[attr-defined]


class MilestoneForm(forms.Form):
    """A milestone."""

    title = forms.CharField(label=_("Milestone"), max_length=120)
    due = forms.DateField(label=_("Due on"), widget=DateInput())


class DayForm(forms.Form):
    """Another day for a milestone."""

    due = forms.DateField(label=_("New day"), widget=DateInput())
    words = _words(_("Why the day changes"), 2)


class ReachedDayForm(forms.Form):
    """Another day on which a milestone was reached."""

    done = forms.DateField(label=_("Reached on"), widget=DateInput())
    words = _words(_("Why the day changes"), 2)


class ProofForm(forms.Form):
    """Something that shows it: a file, or words about what was seen."""

    proof = forms.FileField(
        label=_("What shows it"),
        required=False,
        widget=forms.ClearableFileInput(attrs={"accept": ACCEPT}),
        help_text=_(
            "PDF, Word, Excel, JPEG or PNG, at most 20 MB. Place and time are taken out of photographs."
        ),
    )
    seen = _words(_("Or in words: what was seen"), 2, required=False)


class AttachForm(ProofForm):
    """Something that shows it, and what it is for."""

    target = forms.ChoiceField(label=_("What it is evidence of"), required=False)
    field_order = ["target", "proof", "seen"]

    def __init__(self, *args: Any, targets: Mapping[str, Target], chosen: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [(key, row.title) for key, row in targets.items()]
        self.fields["target"].choices = [("", _("the project as a whole")), *named]  # type: ignore[attr-defined]
        self.initial["target"] = chosen
        if not named:
            del self.fields["target"]


class WithdrawForm(forms.Form):
    """Why a piece of evidence is taken back."""

    words = _words(_("Why it is withdrawn"), 2)


class ReachForm(ProofForm):
    """A milestone that was reached."""

    done = forms.DateField(label=_("Reached on"), widget=DateInput())
    field_order = ["done", "proof", "seen"]


class AcceptanceForm(ProofForm):
    """A record of an acceptance."""

    day = forms.DateField(label=_("Day"), widget=DateInput())
    verdict = forms.ChoiceField(label=_("Finding"), choices=AcceptanceVerdict.choices)
    group = forms.CharField(
        label=_("Who took part"),
        max_length=200,
        help_text=_("Offices and schools, such as: finance office, information centre, two experts."),
    )
    words = _words(_("What was found"))
    field_order = ["day", "verdict", "group", "words", "proof", "seen"]


class UseForm(forms.Form):
    """Use in a term."""

    term = forms.ModelChoiceField(label=_("Term"), queryset=Term.objects.none(), to_field_name="code")
    uses = forms.IntegerField(label=_("Uses in the term"), min_value=0, max_value=1_000_000)
    words = _words(_("What it was used for, what came of it"), required=False)

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        begun = Term.objects.filter(start__lte=actor.day).order_by("-start")[:4]
        codes = [term.code for term in begun]
        self.fields["term"].queryset = Term.objects.filter(code__in=codes).order_by("-start")  # type: ignore[attr-defined]
        self.initial.setdefault("term", codes[0] if codes else None)


class IssueForm(forms.Form):
    """What is wrong."""

    title = forms.CharField(label=_("What is wrong"), max_length=160)
    owner = forms.CharField(
        label=_("Who sees to it"), max_length=60, help_text=_("An office or a company, no person's name.")
    )
    due = forms.DateField(label=_("To be solved by"), widget=DateInput())


class SettleForm(ProofForm):
    """How an issue was settled."""

    outcome = _words(_("How it was settled"))
    field_order = ["outcome", "proof", "seen"]


class StopForm(forms.Form):
    """Why a project ends."""

    words = _words(_("Why the project is stopped"))


STAGES = [("", _("all stages")), *Stage.choices]


class ProjectFilter(forms.Form):
    """Which projects the list shows."""

    q = forms.CharField(label=_("Title or number"), required=False, max_length=60)
    stage = forms.ChoiceField(label=pgettext_lazy("project", "Stage"), required=False, choices=STAGES)
