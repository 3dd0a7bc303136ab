"""Forms of rounds: open one, ask raters."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from xuequ.core.forms import DateInput, GroupedCheckboxes
from xuequ.core.models import Account
from xuequ.district.models import School, SchoolYear
from xuequ.systems.stars.models import SchemeVersion


class RoundForm(forms.Form):
    """A year's round."""

    version = forms.ModelChoiceField(label=_("Scheme"), queryset=SchemeVersion.objects.none())
    year = forms.ModelChoiceField(label=_("School year"), queryset=SchoolYear.objects.order_by("-code"))
    title = forms.CharField(label=_("Title"), max_length=120)
    self_until = forms.DateField(label=_("Schools hand in until"), widget=DateInput)
    second_until = forms.DateField(label=_("Second rating until"), widget=DateInput)
    share = forms.IntegerField(
        label=_("Schools drawn by lot (%)"),
        min_value=0,
        max_value=100,
        initial=30,
        help_text=_("At least three schools by lot are needed to say how far self-ratings go too high."),
    )
    margin = forms.FloatField(
        label=_("Close to a cut-off within (points)"),
        min_value=0,
        max_value=50,
        initial=3,
        help_text=_("All schools this close are rated a second time, whatever the lot says."),
    )
    schools = forms.MultipleChoiceField(label=_("Schools"), widget=GroupedCheckboxes)

    def __init__(self, *args: Any, day: dt.date, schools: "list[School]", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._schools = {str(school.uid): school for school in schools}
        versions = SchemeVersion.objects.filter(scheme__kind="smart_campus").select_related("scheme")
        self.fields["version"].queryset = versions.order_by("scheme__name", "-number")  # type: ignore[attr-defined]
        groups: dict[str, list[tuple[str, str]]] = {}
        for uid, school in self._schools.items():
            groups.setdefault(str(school.area or ""), []).append((uid, str(school)))
        self.fields["schools"].choices = list(groups.items())  # type: ignore[attr-defined]
        self.initial.setdefault("schools", [u for u, s in self._schools.items() if s.sector == "public"])
        self.initial.setdefault("self_until", day + dt.timedelta(days=30))
        self.initial.setdefault("second_until", day + dt.timedelta(days=60))

    def clean_schools(self) -> list[School]:
        """Return the schools chosen."""
        return [self._schools[uid] for uid in self.cleaned_data["schools"]]


class RaterForm(forms.Form):
    """Who is asked, for one school or for all that were chosen."""

    raters = forms.MultipleChoiceField(label=_("Raters"), widget=forms.CheckboxSelectMultiple)
    each = forms.IntegerField(label=_("Raters for each school"), min_value=1, max_value=5, initial=2)

    def __init__(self, *args: Any, accounts: "list[Account]", names: "dict[int, str]", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._accounts = {str(account.pk): account for account in accounts}
        choices = [(key, names[account.pk]) for key, account in self._accounts.items()]
        self.fields["raters"].choices = choices  # type: ignore[attr-defined]

    def clean_raters(self) -> list[Account]:
        """Return the accounts chosen."""
        return [self._accounts[key] for key in self.cleaned_data["raters"]]
