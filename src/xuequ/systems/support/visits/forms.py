"""The forms of visits: short, for a phone."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from xuequ.core.forms import DateInput
from xuequ.core.models import Account
from xuequ.district.models import School
from xuequ.systems.support.visits import queries
from xuequ.systems.support.visits.choices import Owner

LONGEST = 4000


class _Visitor(forms.ModelChoiceField):
    """Whoever visits schools in the district, by name."""

    def label_from_instance(self, obj: Account) -> str:
        person = getattr(obj, "person", None)
        return str(person.name if person is not None and person.name else obj.username)


class PlanForm(forms.Form):
    """When, and who goes."""

    day = forms.DateField(label=_("Day of the visit"), widget=DateInput())
    visitor = _Visitor(label=_("Who visits"), queryset=Account.objects.none())

    def __init__(self, *args: Any, day: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["visitor"].queryset = queries.visitors(day)  # type: ignore[attr-defined]


class WeekForm(forms.Form):
    """Which week, and how many schools."""

    monday = forms.DateField(label=_("Any day of the week"), widget=DateInput())
    how_many = forms.IntegerField(label=_("Schools"), min_value=1, max_value=10, initial=3)
    weekdays = forms.TypedMultipleChoiceField(
        label=_("On which days"), coerce=int, initial=[0, 1, 2, 3, 4], widget=forms.CheckboxSelectMultiple,
        choices=list(WEEKDAYS.items()),
        help_text=_("Leave holidays out; tick Saturday or Sunday where they are worked to make up for them."),
    )  # fmt: skip

    def clean_monday(self) -> dt.date:
        """Return the Monday of the week."""
        day: dt.date = self.cleaned_data["monday"]
        return day - dt.timedelta(days=day.weekday())


class MinutesForm(forms.Form):
    """The minutes, saved while one writes; ``base`` is the version that was on the screen."""

    base = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput())
    met = forms.CharField(
        label=_("Who was met"), max_length=120, required=False,
        help_text=_("By office, such as “head, two teachers of science”; no names."),
    )  # fmt: skip
    seen = forms.CharField(
        label=_("What was seen"), required=False, max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("Rooms, lessons and use as you found them. No names of pupils or teachers, please."),
    )  # fmt: skip
    agreed = forms.CharField(
        label=_("What was agreed"), required=False, max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The next visit begins with it."),
    )  # fmt: skip


class IssueForm(forms.Form):
    """A problem, whose part it is and by when."""

    text = forms.CharField(label=_("Problem"), widget=forms.Textarea(attrs={"rows": 2}), max_length=1000)
    owner = forms.ChoiceField(label=_("Whose part"), choices=Owner.choices, initial=Owner.SCHOOL)
    office = forms.CharField(label=pgettext_lazy("whose part", "Office"), max_length=60, required=False)
    due = forms.DateField(label=_("To be solved by"), widget=DateInput())


class HandOverForm(forms.Form):
    """Whose part an open problem becomes, or by which other day, and why."""

    owner = forms.ChoiceField(label=_("Whose part"), choices=Owner.choices)
    office = forms.CharField(label=pgettext_lazy("whose part", "Office"), max_length=60, required=False)
    due = forms.DateField(label=_("To be solved by"), widget=DateInput())
    why = forms.CharField(
        label=pgettext_lazy("handing over", "Why"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class CommentForm(forms.Form):
    """What the school says to the minutes."""

    comment = forms.CharField(
        label=_("Comment"), required=False, max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Leave it empty if you agree; what you see otherwise stands beside the minutes."),
    )  # fmt: skip


class SolvedForm(forms.Form):
    """What was done."""

    answer = forms.CharField(
        label=_("What was done"), max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 3})
    )


class RemarkForm(forms.Form):
    """What is still missing."""

    remark = forms.CharField(
        label=_("What is still missing"), max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 2})
    )


class AskForm(forms.Form):
    """A school asks for a visit; it says which school only where one speaks for several."""

    school = forms.ModelChoiceField(label=_("School"), queryset=School.objects.none(), empty_label=None)
    topic = forms.CharField(
        label=_("What would you like to talk about?"), max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip

    def __init__(self, *args: Any, schools: tuple[School, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["school"].queryset = School.objects.filter(pk__in=[s.pk for s in schools])  # type: ignore[attr-defined]
        if len(schools) == 1:
            self.fields["school"].initial = schools[0]
            self.fields["school"].widget = forms.HiddenInput()
