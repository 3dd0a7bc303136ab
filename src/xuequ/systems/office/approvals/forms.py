"""Forms of approvals, and of cards and letters."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from xuequ.district.models import Pupil
from xuequ.kit.approvals.choices import CaseState, ImportKind, When
from xuequ.kit.approvals.models import Case
from xuequ.kit.approvals.queries import procedure_choices
from xuequ.systems.office.approvals.queries import PupilWays

DECISIONS = [
    ("approve", pgettext_lazy("decision", "Approve")),
    ("return_", pgettext_lazy("decision", "Return it to be revised")),
    ("refuse", pgettext_lazy("decision", "Refuse")),
    ("delegate", pgettext_lazy("decision", "Hand this step to a colleague")),
]


class CaseFilter(forms.Form):
    """Narrows a list of requests."""

    procedure = forms.ChoiceField(label=gettext_lazy("Kind"), required=False)
    state = forms.ChoiceField(
        label=gettext_lazy("State"), choices=[("", "—"), *CaseState.choices], required=False
    )

    def __init__(self, *args: Any, states: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = self.fields["procedure"]
        assert isinstance(kinds, forms.ChoiceField)
        kinds.choices = [("", "—"), *procedure_choices()]
        if not states:
            del self.fields["state"]

    def narrow(self, rows: "QuerySet[Case]") -> "QuerySet[Case]":
        """Return the requests that fit what was chosen; a choice that does not exist is passed over."""
        self.is_valid()
        return rows.filter(**{name: value for name, value in self.cleaned_data.items() if value})


class DecisionForm(forms.Form):
    """What to do about a request. ``turn`` is the state that was looked at."""

    decision = forms.ChoiceField(
        label=gettext_lazy("Your decision"), choices=DECISIONS, widget=forms.RadioSelect
    )
    words = forms.CharField(
        label=gettext_lazy("Words to the author"),
        required=False,
        max_length=2000,
        help_text=gettext_lazy("Needed when you return or refuse. Please do not name pupils."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    to = forms.ChoiceField(
        label=gettext_lazy("Colleague"),
        required=False,
        help_text=gettext_lazy("Only for handing the step over; you may still take it yourself."),
    )
    turn = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, colleagues: Sequence[tuple[str, str]], may_return: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        possible = self.fields["decision"]
        assert isinstance(possible, forms.ChoiceField)
        left_out = {*(() if may_return else ("return_",)), *(() if colleagues else ("delegate",))}
        possible.choices = [item for item in DECISIONS if item[0] not in left_out]
        people = self.fields["to"]
        assert isinstance(people, forms.ChoiceField)
        people.choices = [("", "—"), *colleagues]
        if not colleagues:
            del self.fields["to"]

    def clean(self) -> dict[str, Any]:
        """Ask for a reason, or for a colleague, where the decision needs it."""
        said: dict[str, Any] = super().clean() or self.cleaned_data
        decision = said.get("decision")
        if decision in {"return_", "refuse"} and not said.get("words", "").strip():
            self.add_error("words", _("Please say why, so that the other side knows what to do."))
        if decision == "delegate" and not said.get("to"):
            self.add_error("to", _("Choose to whom you hand it."))
        return said


class WordsForm(forms.Form):
    """A few words."""

    words = forms.CharField(
        label=gettext_lazy("Remark"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy(
            "Seen by everybody who has a part in this request. Please do not name pupils."
        ),
    )


class RulesForm(forms.Form):
    """Which imports of schools need an approval."""

    def __init__(self, *args: Any, current: dict[ImportKind, When], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for kind in ImportKind:
            choices = [
                (when.value, when.label)
                for when in When
                if kind == ImportKind.ROSTER or when != When.REMOVALS
            ]
            self.fields[kind.value] = forms.ChoiceField(
                label=kind.label, choices=choices, initial=current[kind].value, widget=forms.RadioSelect
            )

    def chosen(self) -> dict[ImportKind, When]:
        """Return when each kind of imports needs an approval."""
        return {kind: When(self.cleaned_data[kind.value]) for kind in ImportKind}


class PapersForm(forms.Form):
    """For whom cards or letters are printed."""

    who = forms.ChoiceField(
        label=gettext_lazy("For whom"),
        choices=[
            ("missing", gettext_lazy("those who have none yet")),
            ("ticked", gettext_lazy("those ticked below")),
            ("all", gettext_lazy("the whole class")),
        ],
        initial="missing",
        widget=forms.RadioSelect,
        help_text=gettext_lazy("A new card or letter makes the earlier one of the same pupil void."),
    )
    what = forms.ChoiceField(choices=[("cards", ""), ("letters", ""), ("void", "")], widget=forms.HiddenInput)
    pupils = forms.MultipleChoiceField(required=False, widget=forms.MultipleHiddenInput)

    def __init__(self, *args: Any, ways: Sequence[PupilWays], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ways = ways
        pupils = self.fields["pupils"]
        assert isinstance(pupils, forms.MultipleChoiceField)
        pupils.choices = [(str(way.pupil.uid), way.name) for way in ways]

    def chosen(self) -> list[Pupil]:
        """Return the pupils that were meant."""
        who, what = self.cleaned_data["who"], self.cleaned_data["what"]
        ticked = set(self.cleaned_data["pupils"])
        if who == "ticked" or what == "void":
            return [way.pupil for way in self.ways if str(way.pupil.uid) in ticked]
        if who == "all":
            return [way.pupil for way in self.ways]
        return [way.pupil for way in self.ways if self._has_none(way, what)]

    @staticmethod
    def _has_none(way: PupilWays, what: str) -> bool:
        if what == "letters":
            return way.letter is None and way.guardians == 0
        return way.card is None
