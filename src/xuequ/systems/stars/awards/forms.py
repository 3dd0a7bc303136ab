"""The form of a city's document: who is awarded what."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from xuequ.core.forms import DateInput
from xuequ.district.models import School, SchoolYear
from xuequ.systems.stars.templatetags.stars import star_name


class AwardsForm(forms.Form):
    """One document with its number and day, and the star of each school that it names."""

    year = forms.ModelChoiceField(label=_("School year"), queryset=SchoolYear.objects.order_by("-code"))
    document = forms.CharField(label=_("Number of the city's document"), max_length=80)
    day = forms.DateField(label=_("Day of the document"), widget=DateInput)

    def __init__(self, *args: Any, schools: "list[School]", held: "dict[int, int]", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.schools = schools
        for school in schools:
            now = gettext("not in this document (now: %(star)s)") % {
                "star": star_name(held.get(school.pk, 0))
            }
            choices = [("", now), *((str(star), star_name(star)) for star in (3, 4, 5, 0))]
            self.fields[f"star-{school.pk}"] = forms.ChoiceField(
                label=str(school), choices=choices, required=False
            )

    @property
    def stars(self) -> dict[School, int]:
        """What was chosen."""
        chosen = {school: self.cleaned_data.get(f"star-{school.pk}") for school in self.schools}
        return {school: int(star) for school, star in chosen.items() if star}
