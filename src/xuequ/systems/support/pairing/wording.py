"""Why two schools fit, in words: for the district with numbers, for each school what concerns itself alone."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from xuequ.core.rendering.cells import format_number
from xuequ.engines.errors import InputError
from xuequ.systems.support.pairing.choices import Need, Side

REASONS = {
    "need": gettext_noop("%(name)s: one needs it, the other is strong (%(part)s points)"),
    "distance": gettext_noop("%(size)s km apart (%(part)s points)"),
    "other-stage": gettext_noop("of another stage (%(part)s points)"),
    "same-as-last-year": gettext_noop("partners last year already (%(part)s points)"),
    "locked": gettext_noop("settled beforehand"),
}
OWN = {
    Side.RECEIVER: gettext_noop("your school would use help in %(names)s"),
    Side.GIVER: gettext_noop("your school is strong in %(names)s"),
}
SHARED = {
    "distance": gettext_noop("the schools are %(size)s km apart"),
    "other-stage": gettext_noop("they are of different stages"),
    "same-as-last-year": gettext_noop("you were partners last year"),
    "locked": gettext_noop("the district has settled it beforehand"),
}
ERRORS = {
    "no-givers": gettext_noop("No school has room for a partner: say which schools can help, and how many."),
    "no-receivers": gettext_noop("Every school has room for partners, so none is left to be helped."),
    "over-capacity": gettext_noop(
        "“%(school)s” has more settled partners than room; give it more room or settle fewer."
    ),
    "unknown-giver": gettext_noop(
        "“%(school)s” is to help by a settled pair, but has no room or takes no part, or the other helps others itself."
    ),
    "locked-forbidden": gettext_noop(
        "A pair in which “%(school)s” helps is settled or agreed and forbidden at once; drop one of the two."
    ),
    "too-few-schools": gettext_noop(
        "Too few schools for an honest answer: at least three that were helped and three that were not must have this"
        " year's and last year's value, and in all so many that chance can be told from an effect."
    ),
}
MOST = 3


def as_dict(code: str, part: float, size: float, name: str = "") -> dict[str, Any]:
    """Return a reason as it is stored."""
    return {"code": code, "part": round(part, 3), "size": round(size, 2), "name": name}


def district_sentence(reasons: Iterable[Mapping[str, Any]]) -> str:
    """Say with numbers why two schools fit; the three largest needs."""
    rows = list(reasons)
    needs = [row for row in rows if row["code"] == "need"][:MOST]
    others = [row for row in rows if row["code"] != "need"]
    texts = [] if needs else [_("neither school's needs and strengths are published")]
    texts += [_(REASONS[row["code"]]) % _filled(row) for row in (*needs, *others)]
    return _("; ").join(texts) + _(".") if texts else ""


def own_sentence(reasons: Iterable[Mapping[str, Any]], side: Side) -> str:
    """Say to one of the schools why: its own need or strength, and what both share; nothing of the other's."""
    rows = list(reasons)
    names = [str(Need(row["name"]).label) for row in rows if row["code"] == "need"][:MOST]
    texts = [_(OWN[side]) % {"names": _(", ").join(names)}] if names else []
    texts += [_(SHARED[row["code"]]) % _filled(row) for row in rows if row["code"] in SHARED]
    return _("; ").join(texts) + _(".") if texts else ""


def _filled(row: Mapping[str, Any]) -> dict[str, str]:
    name = str(Need(row["name"]).label) if row["name"] else ""
    return {"name": name, "part": format_number(row["part"], 2, signed=True), "size": f"{row['size']:.1f}"}


def error_text(error: InputError, names: Mapping[str, str] | None = None) -> str:
    """Say what an engine refused; ``names`` of schools by their key."""
    known, value = ERRORS.get(error.code), str(error.value or "")
    if known:
        return _(known) % {"school": (names or {}).get(value, value)}
    return _("It could not be computed: %(reason)s") % {"reason": str(error)}
