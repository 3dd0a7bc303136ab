"""The forms of pairs."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from xuequ.core.forms import DateInput
from xuequ.district.models import School
from xuequ.systems.support.pairing.choices import ActKind, RuleKind
from xuequ.systems.support.pairing.material import Known

LONGEST = 2000
NO_PART = "none"


class RoomForm(forms.Form):
    """How many partners each school can help."""

    def __init__(
        self, *args: Any, known: Iterable[Known], places: Mapping[int, int | None], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.known = list(known)
        for one in self.known:
            room = places[one.school.pk]
            self.fields[f"places_{one.school.pk}"] = forms.ChoiceField(
                label=_("Partners that %(school)s can help") % {"school": one.school}, choices=_rooms,
                initial=NO_PART if room is None else str(room),
            )  # fmt: skip

    @property
    def lines(self) -> list[tuple[Known, forms.BoundField]]:
        """Each school with its field."""
        return [(one, self[f"places_{one.school.pk}"]) for one in self.known]

    def places(self) -> dict[int, int | None]:
        """What was said, by the school's key."""
        said = {one.school.pk: self.cleaned_data[f"places_{one.school.pk}"] for one in self.known}
        return {key: None if room == NO_PART else int(room) for key, room in said.items()}


def _rooms() -> list[tuple[str, str]]:
    """The answers to how many partners a school can help."""
    helps = [
        (str(n), ngettext("helps %(n)d school", "helps %(n)d schools", n) % {"n": n}) for n in range(1, 6)
    ]
    return [("0", gettext("is helped")), *helps, (NO_PART, gettext("takes no part"))]


class RuleForm(forms.Form):
    """Two schools that are to be partners, or are not to be."""

    kind = forms.ChoiceField(label=_("Rule"), choices=RuleKind.choices)
    giver = forms.ModelChoiceField(
        label=_("Helping school"), queryset=School.objects.none(), empty_label=None
    )
    receiver = forms.ModelChoiceField(
        label=_("School that is helped"), queryset=School.objects.none(), empty_label=None
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        schools = School.objects.of_district().filter(closed_on=None, campus_of=None)
        for name in ("giver", "receiver"):
            self.fields[name].queryset = schools  # type: ignore[attr-defined]


class WeightForm(forms.Form):
    """What counts beside needs met."""

    per_km = forms.FloatField(label=_("Points taken off for each km"), min_value=0, max_value=1, initial=0.02)
    other_stage = forms.FloatField(
        label=_("Points taken off for another stage"), min_value=0, max_value=5, initial=0.5
    )
    stay = forms.FloatField(
        label=_("Points for going on with last year's partner"), min_value=0, max_value=5, initial=0.1
    )


class DeclineForm(forms.Form):
    """Why a school declines."""

    remark = forms.CharField(label=_("Why not"), max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 2}))


class ActForm(forms.Form):
    """What was done together, typed once."""

    kind = forms.ChoiceField(label=_("What"), choices=ActKind.choices)
    day = forms.DateField(label=_("Day"), widget=DateInput())
    title = forms.CharField(label=_("What it was about"), max_length=120)
    hours = forms.DecimalField(
        label=_("Hours given"), min_value=Decimal("0.5"), max_digits=5, decimal_places=1,
        help_text=_("Lesson hours of this entry; up to 40."),
    )  # fmt: skip
    pupils = forms.IntegerField(
        label=_("Pupils reached"),
        min_value=0,
        initial=0,
        help_text=_("Of the school that is helped; 0 for teachers only."),
    )
