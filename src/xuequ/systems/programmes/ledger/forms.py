"""Forms of the ledger."""

import datetime as dt
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from xuequ.core.forms import DateInput
from xuequ.core.money_field import MoneyField
from xuequ.district.actors import Actor
from xuequ.district.models import School
from xuequ.systems.programmes import access
from xuequ.systems.programmes.choices import (
    SET_BY_HAND,
    DeviceKind,
    DeviceState,
    InventoryKind,
    MoveKind,
)
from xuequ.systems.programmes.ledger.facts import idle_on
from xuequ.systems.programmes.ledger.queries import SOON, warranty_runs_out
from xuequ.systems.programmes.models import Device, Project, Room

IDLE, WARRANTY = "idle", "warranty"


def kept_schools(actor: Actor) -> "QuerySet[School]":
    """Return the schools whose ledger the actor keeps."""
    return School.objects.filter(access.kept_schools(actor)).order_by("code")


class LedgerFilter(forms.Form):
    """Which entries the list shows."""

    q = forms.CharField(label=_("Name, model or number"), required=False, max_length=60)
    kind = forms.ChoiceField(
        label=_("Kind"), required=False, choices=[("", _("all kinds")), *DeviceKind.choices]
    )
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[
            ("", _("all but scrapped")),
            (IDLE, _("not used for 90 days")),
            ("ending", _("licence ends soon")),
            (WARRANTY, _("warranty runs out soon")),
            *DeviceState.choices,
        ],
    )
    school = forms.ModelChoiceField(
        label=_("School"),
        required=False,
        queryset=School.objects.none(),
        to_field_name="uid",
        empty_label=_("all schools"),
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if access.reads_everything(actor):
            self.fields["school"].queryset = School.objects.of_district().order_by("code")  # type: ignore[attr-defined]
        else:
            del self.fields["school"]

    def narrowed(self, rows: "QuerySet[Device]", day: dt.date) -> "QuerySet[Device]":
        """Return the rows that fit; a filter that makes no sense is left out."""
        chosen = self.cleaned_data if self.is_valid() else {}
        if text := chosen.get("q"):
            rows = rows.filter(Q(name__icontains=text) | Q(model__icontains=text) | Q(number__icontains=text))
        if kind := chosen.get("kind"):
            rows = rows.filter(kind=kind)
        if school := chosen.get("school"):
            rows = rows.filter(school=school)
        return _in_state(rows, chosen.get("state") or "", day)


def _in_state(rows: "QuerySet[Device]", state: str, day: dt.date) -> "QuerySet[Device]":
    if state == IDLE:
        return rows.filter(idle_on(day))
    if state == WARRANTY:
        return rows.filter(warranty_runs_out(day))
    if state == "ending":
        rows = rows.filter(kind=DeviceKind.LICENCE, ends__lte=day + SOON)
        return rows.exclude(state=DeviceState.SCRAPPED)
    return rows.filter(state=state) if state else rows.exclude(state=DeviceState.SCRAPPED)


class RoomForm(forms.ModelForm):
    """A room."""

    class Meta:
        model = Room
        fields = ["school", "kind", "name", "place", "seats", "shows", "lendable", "opened", "closed"]
        widgets = {"opened": DateInput(), "closed": DateInput()}
        help_texts = {
            "shows": _("Counts as a networked multimedia classroom in the figures of balance."),
            "lendable": _("Other schools then see its name and its free times, nothing else."),
        }

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer_schools(self, actor)


def _offer_schools(form: "forms.ModelForm[Any]", actor: Actor) -> None:
    """Ask for the school only where there is a choice, and never change it afterwards."""
    if form.instance.pk is not None:
        del form.fields["school"]
        return
    own = kept_schools(actor)
    form.fields["school"].queryset = own  # type: ignore[attr-defined]
    first = list(own[:2])
    if len(first) == 1:
        form.instance.school = first[0]
        del form.fields["school"]


class DeviceForm(forms.ModelForm):
    """A device, a set of equal ones, or a licence."""

    value_yuan = MoneyField(label=_("Original value of all pieces"), required=False, low=50, high=20_000_000)

    class Meta:
        model = Device
        fields = [
            "school", "kind", "name", "model", "number", "quantity", "value_yuan", "bought", "warranty", "ends", "room",
            "project", "bookable", "offered",
        ]  # fmt: skip
        widgets = {"bought": DateInput(), "warranty": DateInput(), "ends": DateInput()}

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer_schools(self, actor)
        school = self.instance.school_id
        places = Room.objects.filter(school=school) if school else Room.objects.none()
        self.fields["room"].queryset = places.order_by("kind", "name")  # type: ignore[attr-defined]
        if not school:
            del self.fields["room"]
        own = Q(schools=school) | Q(school=school) if school else Q()
        self.fields["project"].queryset = Project.objects.filter(own).distinct()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A licence has an end, whatever has warranty has it after it was bought."""
        data = super().clean() or {}
        bought, warranty = data.get("bought"), data.get("warranty")
        if bought and warranty and warranty < bought:
            self.add_error("warranty", _("The warranty cannot end before the day of purchase."))
        return data


class StateForm(forms.Form):
    """In use, in store, in repair."""

    state = forms.ChoiceField(label=_("State"), choices=[(state.value, state.label) for state in SET_BY_HAND])


class ScrapForm(forms.Form):
    """When and why something is written off."""

    day = forms.DateField(label=_("Scrapped on"), widget=DateInput())
    reason = forms.CharField(label=_("Reason"), max_length=200, widget=forms.Textarea(attrs={"rows": 2}))


class DivideForm(forms.Form):
    """How many pieces of a set become an entry of their own."""

    pieces = forms.IntegerField(label=_("Pieces to take out"), min_value=1)
    number = forms.CharField(label=_("Asset number of the new entry"), max_length=40, required=False)


class MoveForm(forms.Form):
    """Where a device is to go."""

    receiving = forms.ModelChoiceField(
        label=_("To which school"), queryset=School.objects.none(), to_field_name="uid"
    )
    kind = forms.ChoiceField(
        label=_("For good or for a time"), choices=MoveKind.choices, widget=forms.RadioSelect
    )
    until = forms.DateField(label=_("Lent until"), widget=DateInput(), required=False)
    reason = forms.CharField(
        label=_("What it is needed for"), max_length=200, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, actor: Actor, device: Device, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = School.objects.of_district().exclude(pk=device.school_id).order_by("code")
        gives = access.keeps_everything(actor) or access.signs_for(actor, device.school)
        rows = others if gives else others.filter(access.kept_schools(actor))
        self.fields["receiving"].queryset = rows  # type: ignore[attr-defined]
        if not self.is_bound and not gives:
            self.initial["receiving"] = getattr(rows.first(), "uid", None)


class AnswerForm(forms.Form):
    """Agreeing to a move, or not."""

    words = forms.CharField(label=_("In a few words"), max_length=200, required=False)


class InventoryForm(forms.Form):
    """Where and how is counted."""

    school = forms.ModelChoiceField(label=_("School"), queryset=School.objects.none(), to_field_name="uid")
    kind = forms.ChoiceField(label=_("Kind"), choices=InventoryKind.choices, widget=forms.RadioSelect)

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if access.may_check(actor):
            self.fields["school"].queryset = School.objects.of_district().order_by("code")  # type: ignore[attr-defined]
            self.initial["kind"] = InventoryKind.SPOT
            if not access.keeps_everything(actor):
                self.fields["kind"].choices = [(InventoryKind.SPOT.value, InventoryKind.SPOT.label)]  # type: ignore[attr-defined]
            return
        own = kept_schools(actor)
        self.fields["school"].queryset = own  # type: ignore[attr-defined]
        self.fields["kind"].choices = [(InventoryKind.OWN.value, InventoryKind.OWN.label)]  # type: ignore[attr-defined]
        self.initial.update(kind=InventoryKind.OWN, school=getattr(own.first(), "uid", None))


class UploadForm(forms.Form):
    """A ledger as the school keeps it."""

    school = forms.ModelChoiceField(
        label=_("School"),
        queryset=School.objects.none(),
        to_field_name="uid",
        required=False,
        empty_label=_("as the column 学校 says"),
    )
    file = forms.FileField(
        label=_("Excel, WPS or CSV file"),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.xls,.et,.ods,.csv,.txt"}),
        help_text=_(
            "Any order of columns; headings such as 名称, 类别, 数量, 原值, 购置日期, 存放地点 are understood."
        ),
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if access.keeps_everything(actor):
            self.fields["school"].queryset = School.objects.of_district().order_by("code")  # type: ignore[attr-defined]
            return
        own = kept_schools(actor)
        self.fields["school"] = forms.ModelChoiceField(
            label=_("School"), queryset=own, to_field_name="uid", initial=getattr(own.first(), "uid", None)
        )
