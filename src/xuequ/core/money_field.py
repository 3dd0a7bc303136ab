"""The field for a sum of money, and the one question when 元 and 万元 may be mixed up."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from xuequ.core.money import WAN, may_mean_wan, parse_money, plain_sum

NOT_MONEY = _("Write a sum with its unit, for example 350万元 or 3500000元.")
NOT_FREE = _("The sum must be above 0.")
WHICH_UNIT = _("Do you mean %(yuan)s 元 or %(yuan)s 万元? Write the unit behind the number.")


class MoneyField(forms.CharField):
    """A sum in 元 or 万元, as people write it; cleaned to a Decimal in 元.

    A number without a unit that would be too small (below ``low``) and is believable in 万元 is asked about. With
    ``positive`` nothing is no answer.
    """

    def __init__(self, *, low: int = 0, high: int = 10**11, positive: bool = False, **kwargs: Any) -> None:
        self.low, self.high, self.positive = Decimal(low), Decimal(high), positive
        kwargs.setdefault("max_length", 24)
        kwargs.setdefault("help_text", _("With its unit: 350万元 or 3500000元."))
        super().__init__(**kwargs)
        self.widget.attrs["inputmode"] = "text"

    def clean(self, value: Any) -> Any:
        """Return the sum, None for an empty field that may be empty."""
        text = super().clean(value)
        if not text:
            return None
        try:
            amount = parse_money(text)
        except ValueError:
            raise forms.ValidationError(NOT_MONEY, code="not-money") from None
        if not amount.stated and may_mean_wan(amount.yuan, self.low, self.high):
            raise forms.ValidationError(
                WHICH_UNIT, code="which-unit", params={"yuan": plain_sum(amount.yuan)}
            )
        if self.positive and not amount.yuan:
            raise forms.ValidationError(NOT_FREE, code="not-free")
        return amount.yuan

    def prepare_value(self, value: Any) -> Any:
        """Show a stored sum with its unit, so that it is not asked about again."""
        if not isinstance(value, Decimal):
            return value
        wan = value / WAN
        if value >= WAN and wan == wan.quantize(Decimal("0.01")):
            return f"{plain_sum(wan)}万元"
        return f"{plain_sum(value)}元"
