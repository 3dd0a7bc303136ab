"""The booking form: a day, a time, what for."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from xuequ.core.clock import SHANGHAI
from xuequ.core.forms import DateInput
from xuequ.district.actors import Actor
from xuequ.district.models import School, SchoolClass
from xuequ.systems.programmes import access
from xuequ.systems.programmes.bookings import queries
from xuequ.systems.programmes.choices import Purpose
from xuequ.systems.programmes.models import Device, Room


class TimeInput(forms.TimeInput):
    """The browser's own time picker."""

    input_type = "time"

    def __init__(self) -> None:
        super().__init__(format="%H:%M")


class BookingForm(forms.Form):
    """Half-open times: a booking until 9:10 and one from 9:10 on fit."""

    school = forms.ModelChoiceField(label=_("School"), queryset=School.objects.none(), to_field_name="uid")
    day = forms.DateField(label=_("Day"), widget=DateInput())
    start = forms.TimeField(label=_("From"), widget=TimeInput())
    end = forms.TimeField(label=_("Until"), widget=TimeInput())
    purpose = forms.ChoiceField(label=_("Purpose"), choices=Purpose.choices)
    lessons = forms.IntegerField(label=_("Lessons"), min_value=1, max_value=8, initial=1)
    school_class = forms.ModelChoiceField(
        label=pgettext_lazy("group of pupils", "class"),
        queryset=SchoolClass.objects.none(),
        to_field_name="uid",
        required=False,
    )
    title = forms.CharField(
        label=_("What is done"),
        max_length=80,
        required=False,
        help_text=_("A topic; no names of pupils or teachers."),
    )

    def __init__(self, *args: Any, actor: Actor, thing: Room | Device, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = School.objects.filter(access.staff_schools(actor)).order_by("code")
        if access.keeps_everything(actor):
            rows = rows.filter(pk=thing.school_id)
        schools = list(rows[:3])
        self.fields["school"].queryset = rows  # type: ignore[attr-defined]
        self.fields["school_class"].queryset = queries.classes(schools, actor.day)  # type: ignore[attr-defined]
        if schools and not self.is_bound:
            self.initial.setdefault("school", schools[0].uid)
        if len(schools) == 1:
            self.fields["school"].widget = forms.HiddenInput()

    def clean(self) -> dict[str, Any]:
        """Join day and times to moments."""
        data = super().clean() or {}
        if not self.errors:
            data["start"] = dt.datetime.combine(data["day"], data["start"], SHANGHAI)
            data["end"] = dt.datetime.combine(data["day"], data["end"], SHANGHAI)
            data["purpose"] = Purpose(data["purpose"])
        return data
