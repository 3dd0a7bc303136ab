"""Forms of accounts, roles and deputies."""

import datetime as dt
from typing import Any

from django import forms
from django.db.models.functions import Lower
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from xuequ.core.forms import DateInput
from xuequ.core.models import Account
from xuequ.district import policy
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import Area, RoleAssignment, School, SchoolClass, Subject
from xuequ.district.roles import LONGEST_LOAN, Place
from xuequ.systems.office.access import queries
from xuequ.systems.office.access.wording import MEANING, place_words


class AccountFilter(forms.Form):
    """Narrows the list of accounts."""

    q = forms.CharField(
        label=_("Login name or whole name"),
        required=False,
        max_length=64,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    school = forms.ModelChoiceField(
        School.objects.none(), label=_("School"), to_field_name="uid", empty_label="—", required=False
    )
    role = forms.ChoiceField(label=_("Role"), choices=[("", "—"), *Role.choices], required=False)
    state = forms.ChoiceField(
        label=_("State"),
        choices=[
            ("", "—"),
            ("open", pgettext_lazy("an account", "open")),
            ("closed", pgettext_lazy("an account", "closed")),
            ("locked", _("locked for a while")),
        ],
        required=False,
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choose_from(self.fields["school"], queries.schools(actor))

    def narrow(self, actor: Actor) -> Any:
        """Return the accounts that fit; a choice that does not exist is passed over."""
        self.is_valid()
        chosen = self.cleaned_data
        rows = queries.accounts(
            actor,
            text=chosen.get("q", "").strip(),
            school=chosen.get("school"),
            role=chosen.get("role", ""),
        )
        if chosen.get("state") == "locked":
            return rows.annotate(small=Lower("username")).filter(small__in=queries.locked_names())
        if chosen.get("state"):
            return rows.filter(is_active=chosen["state"] == "open")
        return rows


def _choose_from(field: forms.Field, rows: Any) -> None:
    assert isinstance(field, forms.ModelChoiceField)
    field.queryset = rows


class MakeForm(forms.Form):
    """For whom accounts are made."""

    who = forms.ChoiceField(
        label=_("For whom?"),
        widget=forms.RadioSelect,
        choices=[
            ("teachers", _("the school's teachers")),
            ("pupils", _("pupils")),
            ("guardians", _("guardians")),
        ],
    )
    school_class = forms.ModelChoiceField(
        SchoolClass.objects.none(),
        label=_("Class"),
        to_field_name="uid",
        empty_label=_("the whole school"),
        required=False,
        help_text=_("For pupils and guardians: one class, or the whole school."),
    )

    def __init__(self, *args: Any, actor: Actor, school: School, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choose_from(self.fields["school_class"], queries.classes_now(school, actor))


class RoleForm(forms.Form):
    """A role in ``school``, or in the district when there is none, from one day until another."""

    role = forms.ChoiceField(label=_("Role"), widget=forms.RadioSelect)
    school_class = forms.ModelChoiceField(
        SchoolClass.objects.none(),
        label=_("Class"),
        to_field_name="uid",
        empty_label="—",
        required=False,
        help_text=_("For class teachers."),
    )
    entry_year = forms.IntegerField(
        label=_("Entry year of the grade"),
        required=False,
        min_value=2000,
        max_value=2100,
        help_text=_("For year heads."),
    )
    area = forms.ModelChoiceField(
        Area.objects.all(),
        label=_("Area"),
        to_field_name="uid",
        empty_label="—",
        required=False,
        help_text=_("For roles that hold in a part of the district only."),
    )
    subject = forms.ModelChoiceField(
        Subject.objects.order_by("order"),
        label=_("Subject"),
        to_field_name="code",
        empty_label="—",
        required=False,
        help_text=_("For subject heads and researchers."),
    )
    start = forms.DateField(label=_("From"), widget=DateInput)
    end = forms.DateField(
        label=_("Until"),
        widget=DateInput,
        required=False,
        help_text=_("The first day without the role; empty is open."),
    )

    def __init__(self, *args: Any, actor: Actor, school: School | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.school = school
        role = self.fields["role"]
        assert isinstance(role, forms.ChoiceField)
        role.choices = [
            (code.value, format_lazy("{role}: {meaning}", role=code.label, meaning=MEANING[code]))
            for code in queries.givable_roles(actor, school)
        ]
        self.fields["start"].initial = actor.day
        for name in ("area",) if school else ("school_class", "entry_year"):
            del self.fields[name]
        if school:
            _choose_from(self.fields["school_class"], queries.classes_now(school, actor))

    def place(self) -> Place:
        """Return where the role is to hold; a family's follows the person."""
        data = self.cleaned_data
        if data["role"] in policy.FAMILY:
            return Place()
        return Place(
            area=data.get("area"),
            school=self.school,
            school_class=data.get("school_class"),
            entry_year=data.get("entry_year"),
            subject=data["subject"],
        )


class LendForm(forms.Form):
    """To whom one of one's own roles is lent, and how long."""

    borrower = forms.ChoiceField(label=_("To whom?"))
    start = forms.DateField(label=_("From"), widget=DateInput)
    end = forms.DateField(
        label=_("Until"),
        widget=DateInput,
        help_text=_("The first day without the role, at most 92 days later. You keep the role yourself."),
    )

    def __init__(self, *args: Any, actor: Actor, row: RoleAssignment, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        borrower = self.fields["borrower"]
        assert isinstance(borrower, forms.ChoiceField)
        borrower.choices = queries.colleagues(actor, row)
        self.fields["start"].initial = actor.day
        self.fields["end"].initial = actor.day + dt.timedelta(days=14)
        latest = actor.day + 2 * LONGEST_LOAN
        self.fields["end"].widget.attrs["max"] = f"{latest:%F}"
        self.title = f"{Role(row.role).label} · {place_words(row)}"

    def account(self) -> Account:
        """Return the chosen colleague."""
        return Account.objects.get(uid=self.cleaned_data["borrower"])
