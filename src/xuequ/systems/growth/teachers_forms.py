"""The forms of teacher-level values: unlocking, and the shares of one's own classes."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from xuequ.systems.growth.teachers_actions import SHORTEST_BASIS, latest_end
from xuequ.systems.growth.teachers_queries import Taught


class UnlockForm(forms.Form):
    """What unlocking needs: the ground, the end, and the declaration."""

    basis = forms.CharField(
        label=_("On what legal basis"),
        help_text=_("Which decision or rule allows it, with its number and date, and who confirmed it."),
        min_length=SHORTEST_BASIS,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    ends = forms.DateField(
        label=_("Until (the day is not included)"),
        help_text=_("At most one year ahead. On that day everything is deleted."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    acknowledged = forms.BooleanField(
        label=_(
            "I declare that these values are no measure for pay, honours, posts or any ranking of teachers."
        ),
    )

    def __init__(self, *args: Any, day: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        limits = {"min": str(day + dt.timedelta(days=1)), "max": str(latest_end(day))}
        self.fields["ends"].widget.attrs.update(limits)


class SharesForm(forms.Form):
    """One share in percent for each of the teacher's rows; the cleaned values are shares by row."""

    def __init__(self, *args: Any, rows: Sequence[Taught], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for one in rows:
            self.fields[str(one.row.uid)] = forms.IntegerField(
                label=f"{one.row.school_class} · {one.row.subject}",
                help_text=_(
                    "Percent of the time from the first result to the second. On record: %(n)d. 0: not mine."
                )
                % {"n": one.on_record},
                min_value=0,
                max_value=100,
                initial=one.percent,
            )

    @property
    def shares(self) -> Mapping[UUID, float]:
        """The shares that were said, by row."""
        return {UUID(name): percent / 100 for name, percent in self.cleaned_data.items()}
