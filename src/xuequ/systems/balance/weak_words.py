"""The signs by which a school counts as weak, in sentences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from xuequ.systems.balance import weak
from xuequ.systems.balance.models import WeakRule


@dataclass(frozen=True, slots=True)
class SignWords:
    """A sign in words; ``state`` as in ``weak``."""

    text: str
    state: str


def sign_words(stored: Sequence[Mapping[str, Any]]) -> list[SignWords]:
    """Say each sign with its figure and its limit."""
    return [SignWords(_words(one), one["state"]) for one in stored]


def _words(one: Mapping[str, Any]) -> str:
    value, limit = one["value"], one["limit"]
    match one["code"]:
        case weak.UNMET:
            return _("%(n)d items not met (the rule: %(limit)d or more)") % {"n": value, "limit": limit}
        case weak.SHORTFALL:
            return _("%(n).1f%% below the thresholds on average (the rule: %(limit).1f%% or more)") % {
                "n": value * 100, "limit": limit * 100,
            }  # fmt: skip
        case weak.GROWTH if value is None:
            return _("growth: nothing is published, so it does not count")
        case weak.GROWTH:
            return _("growth of its pupils, upper end of the interval %(n)+.2f (the rule: below 0)") % {
                "n": value
            }
        case weak.STARS if value is None:
            return _("stars: nothing is published, so they do not count")
        case _:
            return _("%(n)d stars awarded (the rule: fewer than %(limit)d)") % {"n": value, "limit": limit}


def rule_words(rule: WeakRule) -> str:
    """Return the rule as one sentence."""
    signs = [
        _("at least %(n)d items not met") % {"n": rule.least_unmet},
        _("on average at least %(n).1f%% below the thresholds") % {"n": rule.least_shortfall * 100},
    ]
    if rule.with_growth:
        signs.append(_("growth of its pupils certainly below the average"))
    if rule.star_below is not None:
        signs.append(_("fewer than %(n)d stars of the city") % {"n": rule.star_below})
    head = ngettext(
        "A school counts as weak when at least %(n)d of these signs holds, one of them about its resources: %(signs)s.",
        "A school counts as weak when at least %(n)d of these signs hold, one of them about its resources: %(signs)s.",
        rule.needed,
    )
    return head % {"n": rule.needed, "signs": _("; ").join(signs)}
