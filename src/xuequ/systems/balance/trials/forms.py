"""The forms of trials."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from xuequ.core.figures import Text
from xuequ.district.models import School
from xuequ.systems.balance.catalogue import COLUMNS, FACTS, short_name
from xuequ.systems.balance.choices import Part
from xuequ.systems.balance.forms import labelled
from xuequ.systems.balance.trials.changes import Change

# Each figure stands under the item that it counts for; the rules' columns say so.
_OF_ITEM = {
    "R1": ("teachers_above",), "R2": ("backbone_teachers",), "R3": ("sports_arts_teachers",),
    "R4": ("teaching_rooms_m2",), "R5": ("sports_grounds_m2", "indoor_sports_m2"), "R6": ("equipment_wan",),
    "R7": ("multimedia_rooms",),
}  # fmt: skip


def _figures() -> "list[tuple[Text, list[tuple[str, Text]]]]":
    found: list[tuple[Text, list[tuple[str, Text]]]] = [
        (format_lazy("{code} {name}", code=code, name=short_name(code)),
         [(fact, labelled(FACTS[fact])) for column in columns for fact in COLUMNS[column]])
        for code, columns in _OF_ITEM.items()
    ]  # fmt: skip
    return [*found, (_("Pupils"), [("pupils", labelled(FACTS["pupils"]))])]


class ChangeForm(forms.Form):
    """One change more: a school, a figure, and what it would be or by how much it would grow."""

    school = forms.ModelChoiceField(label=_("School"), queryset=School.objects.none(), to_field_name="uid")
    part = forms.ChoiceField(
        label=_("Part"), choices=Part.choices, required=False, help_text=_("Only of a nine-year school.")
    )
    fact = forms.ChoiceField(label=_("Figure"), choices=_figures)
    how = forms.ChoiceField(
        label=_("How"), choices=(("add", _("more than now")), ("set", _("would be"))), initial="add"
    )
    number = forms.DecimalField(
        label=_("How many"), max_digits=16, decimal_places=2, help_text=_("Below zero takes away.")
    )

    def __init__(self, *args: Any, schools: "QuerySet[School]", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["school"].queryset = schools  # type: ignore[attr-defined]

    def change(self) -> Change:
        """The change that was typed."""
        data = self.cleaned_data
        return Change(
            str(data["school"].uid), data["part"], data["fact"], data["number"], data["how"] == "add"
        )


class NameForm(forms.Form):
    """Under which name a trial is kept."""

    name = forms.CharField(label=_("Name of the trial"), max_length=80)
