"""Why a school gets its amount: codes with numbers become one sentence here."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from xuequ.core.money import grouped
from xuequ.engines.errors import InputError

REASONS = {
    "base": gettext_noop("%(yuan)s yuan for %(pupils)s pupils"),
    "small": gettext_noop("%(yuan)s yuan as a small school, counted as %(pupils)s pupils"),
    "star": gettext_noop("%(yuan)s yuan for %(stars)s stars awarded by the city"),
    "no-star": gettext_noop("nothing for stars, since the city has awarded none"),
    "unknown-star": gettext_noop("nothing for stars, since no award is on record"),
    "improved": gettext_noop("%(yuan)s yuan for %(stars)s stars gained since last year"),
    "must": gettext_noop("%(yuan)s yuan for “%(title)s”, which has to be done"),
    "floor": gettext_noop("%(yuan)s yuan for “%(title)s”, which lifts the school off the lowest score"),
    "required": gettext_noop("%(yuan)s yuan for “%(title)s”, on which another project rests"),
    "reserve": gettext_noop("%(yuan)s yuan for “%(title)s”, from the share kept for weak schools"),
    "gain": gettext_noop("%(yuan)s yuan for “%(title)s”, which brings much for its cost"),
    "fair": gettext_noop("%(yuan)s yuan for “%(title)s”, which brings most where scores are low"),
    "not-now": gettext_noop("not funded this time: “%(title)s”, as the money closes a larger gap elsewhere"),
}
FUNDED = ("must", "floor", "required", "reserve", "gain", "fair")
"""Reasons for which an application is funded."""
REFUSALS = {
    "standard": gettext_noop(
        "The standard alone asks for %(needed)s yuan, but only %(free)s yuan are free of earmarks. Either %(more)s yuan"
        " more are needed, or at most %(base)s yuan for each pupil can be given."
    ),
    "steps": gettext_noop(
        "What the standard gives for stars alone exceeds the %(free)s yuan that are free of earmarks; %(more)s yuan"
        " more are needed for all of it."
    ),
    "infeasible": gettext_noop(
        "What has to be done, the share for weak schools and the earmarks cannot be kept together with this money."
    ),
    "budget": gettext_noop("With %(yuan)s yuan in all it would be possible."),
    "weak-share": gettext_noop("With a share of %(share)s %% for weak schools it would be possible."),
    "source": gettext_noop("With %(yuan)s yuan from “%(name)s” it would be possible."),
}
_ENGINE = {
    "mixed-units": gettext_noop(
        "The costs of the applications differ ten thousand times, as if some were in 万元 and others in 元. Check"
        " them and start again."
    ),
    "zero-score": gettext_noop(
        "With α every school needs a score above zero; choose “the weakest first” instead."
    ),
    "not-solved": gettext_noop("No answer was found in the time allowed; start again with fewer projects."),
}


def reason(code: str, **params: object) -> dict[str, Any]:
    """Return a reason as it is stored; sums are written to the cent."""
    return {
        "code": code,
        "params": {k: grouped(v) if isinstance(v, Decimal) else v for k, v in params.items()},
    }


def sentence(reasons: Iterable[Mapping[str, Any]]) -> str:
    """Say in one sentence why a school gets its amount."""
    return joined(_(REASONS[row["code"]]) % row["params"] for row in reasons)


def joined(parts: Iterable[str]) -> str:
    """Put the parts of a sentence together; nothing where there are none."""
    text = _("; ").join(parts)
    return text + _(".") if text else ""


def refusals(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Say why nothing could be shared out, and the smallest change that would do."""
    return [_(REFUSALS[row["code"]]) % row["params"] for row in rows]


def error_text(error: InputError) -> str:
    """Say what an engine refused."""
    known = _ENGINE.get(error.code)
    return _(known) if known else _("It could not be computed: %(reason)s") % {"reason": str(error)}
