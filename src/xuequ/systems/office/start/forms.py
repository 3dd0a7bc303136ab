"""The forms of the first start."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from xuequ.core.forms import DateInput
from xuequ.core.models import Account
from xuequ.district.choices import Stage, YearSystem
from xuequ.systems.office.start.actions import YearDates


class AdministratorForm(forms.Form):
    """The first account."""

    code = forms.CharField(
        label=_("Start code"),
        max_length=40,
        help_text=_(
            "It stands in the window in which the server was started, and in start.code in the data folder."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )
    username = forms.RegexField(
        r"^[\w.@-]{3,64}$",
        label=_("Login name"),
        error_messages={"invalid": _("Use 3 to 64 letters, digits or . _ - @.")},
        widget=forms.TextInput(attrs={"autocomplete": "username"}),
    )
    password = forms.CharField(
        label=_("Password"), widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )
    again = forms.CharField(
        label=_("Password again"), widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        password = said.get("password", "")
        if password and password != said.get("again"):
            self.add_error("again", _("The two passwords differ."))
        elif password:
            try:
                validate_password(password, Account(username=said.get("username", "")))
            except ValidationError as error:
                self.add_error("password", error)
        return said


class DistrictForm(forms.Form):
    """What the district is called."""

    name = forms.CharField(label=_("Name of the district"), max_length=64)
    code = forms.RegexField(
        r"^\d{6}(\d{6})?$",
        label=_("Administrative code"),
        required=False,
        error_messages={"invalid": _("Six or twelve digits.")},
    )
    bureau = forms.CharField(label=_("Education bureau"), max_length=64)
    college = forms.CharField(label=_("Teacher-training college"), max_length=64, required=False)
    stages = forms.MultipleChoiceField(
        label=_("What its schools teach"), choices=Stage.choices, widget=forms.CheckboxSelectMultiple
    )
    year_system = forms.ChoiceField(
        label=_("The nine years"),
        choices=YearSystem.choices,
        help_text=_("A school may differ; say so at the school."),
    )


class YearForm(forms.Form):
    """The dates of a school year."""

    start = forms.DateField(label=_("First day of the school year"), widget=DateInput)
    second = forms.DateField(label=_("First day of the second term"), widget=DateInput)
    end = forms.DateField(
        label=_("First day of the next school year"),
        widget=DateInput,
        help_text=_("Years touch each other, so that every day lies in one."),
    )

    def dates(self) -> YearDates:
        """Return what was filled in."""
        said = self.cleaned_data
        return YearDates(said["start"], said["second"], said["end"])
