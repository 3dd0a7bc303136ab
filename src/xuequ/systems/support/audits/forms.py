"""The forms of sampling audits."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from xuequ.systems.support.audits.choices import Finding

LONGEST = 4000


class DrawForm(forms.Form):
    """What to draw from, and how much of it."""

    percent = forms.DecimalField(
        label=_("Share drawn of each kind of field, in per cent"), min_value=Decimal(1), max_value=Decimal(100),
        decimal_places=1, initial=20, help_text=_("Each school has this chance with each of its fields."),
    )  # fmt: skip
    change = forms.DecimalField(
        label=_("Look at every field that changed by more than, in per cent"), min_value=Decimal(0),
        max_value=Decimal(100), decimal_places=1, initial=15,
        help_text=_("Since the last round that was decided; without a lot."),
    )  # fmt: skip

    def __init__(self, *args: Any, rounds: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["round"] = forms.ModelChoiceField(
            rounds, label=pgettext_lazy("special fund", "Round"), to_field_name="uid", empty_label=None
        )
        self.order_fields(["round", "percent", "change"])


class FindingForm(forms.Form):
    """What the evidence shows."""

    CHOICES = [choice for choice in Finding.choices if choice[0] != Finding.WAITS]
    finding = forms.ChoiceField(
        label=_("What does the evidence show?"), choices=CHOICES, widget=forms.RadioSelect
    )
    right_value = forms.DecimalField(
        label=_("Right would be"), required=False, max_digits=14, decimal_places=2,
        help_text=_("Only for a field that is wrong, where the evidence says it."),
    )  # fmt: skip
    reason = forms.CharField(
        label=_("What was looked at and found"), required=False, max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}), help_text=_("The school reads it. Needed unless the field is right."),
    )  # fmt: skip


class ReplyForm(forms.Form):
    """What the school says."""

    text = forms.CharField(
        label=_("What should the district know?"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class SettleForm(forms.Form):
    """How an objection ends."""

    finding = forms.ChoiceField(
        label=_("Finding after the school's answer"), choices=FindingForm.CHOICES, widget=forms.RadioSelect
    )
    text = forms.CharField(
        label=_("Why; the school reads it"), max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 3})
    )
