"""Forms of the list of schools."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from xuequ.core.forms import DateInput
from xuequ.district.choices import Stage
from xuequ.district.models import Area, School, SchoolGroup


class SchoolFilter(forms.Form):
    """Narrows the list of schools."""

    stage = forms.ChoiceField(label=_("Stage"), choices=[("", "—"), *Stage.choices], required=False)
    area = forms.ModelChoiceField(
        Area.objects.all(), label=_("Area"), to_field_name="uid", empty_label="—", required=False
    )
    group = forms.ModelChoiceField(
        SchoolGroup.objects.all(),
        label=_("School group"),
        to_field_name="uid",
        empty_label="—",
        required=False,
    )


class SchoolForm(forms.ModelForm):
    """A school's own facts."""

    code = forms.RegexField(
        r"^\d{10}$",
        label=_("School code"),
        help_text=_("学校标识码, ten digits"),
        error_messages={"invalid": _("The code has ten digits.")},
    )

    class Meta:
        model = School
        fields = (
            "code",
            "name",
            "short_name",
            "stage",
            "sector",
            "year_system",
            "area",
            "group",
            "campus_of",
            "latitude",
            "longitude",
        )
        labels = {"area": _("Area"), "campus_of": pgettext_lazy("heading", "Campus of")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mains = (
            School.objects.of_district().filter(campus_of=None, closed_on=None).exclude(pk=self.instance.pk)
        )
        field = self.fields["campus_of"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = mains.order_by("code")
        for name in ("area", "group", "campus_of"):
            choice = self.fields[name]
            assert isinstance(choice, forms.ModelChoiceField)
            choice.empty_label = "—"

    def validate_unique(self) -> None:
        """Leave it to the action, which says it in words."""


class AreaForm(forms.ModelForm):
    """An area."""

    class Meta:
        model = Area
        fields = ("name",)

    def validate_unique(self) -> None:
        """Leave it to the action, which says it in words."""


class GroupForm(forms.ModelForm):
    """A school group and who leads it."""

    class Meta:
        model = SchoolGroup
        fields = ("name", "leader")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["leader"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = School.objects.of_district().filter(closed_on=None).order_by("code")
        field.empty_label = "—"

    def validate_unique(self) -> None:
        """Leave it to the action, which says it in words."""


class DayForm(forms.Form):
    """From which day on."""

    day = forms.DateField(label=pgettext_lazy("date", "From"), widget=DateInput)


class MergeForm(DayForm):
    """Into which school, and from which day on."""

    into = forms.ModelChoiceField(
        School.objects.none(), label=_("Into the school"), to_field_name="uid", empty_label="—"
    )
    field_order = ("into", "day")

    def __init__(self, *args: Any, school: School, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["into"]
        assert isinstance(field, forms.ModelChoiceField)
        others = School.objects.of_district().filter(closed_on=None).exclude(pk=school.pk)
        field.queryset = others.order_by("code")
