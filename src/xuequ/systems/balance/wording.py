"""The engine's codes in words."""

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xuequ.core.figures import Text
from xuequ.engines.errors import InputError

VERDICTS: Mapping[str, Text] = {
    "met": gettext_lazy("met"),
    "not-met": gettext_lazy("not met"),
    "unknown": gettext_lazy("cannot be told yet"),
}
STATES: Mapping[str, Text] = {
    "met": gettext_lazy("met"),
    "missed": gettext_lazy("not met"),
    "waived": gettext_lazy("exempt"),
    "missing": gettext_lazy("no figure yet"),
}
REASONS: Mapping[str, Text] = {
    "reached": gettext_lazy("reached"),
    "missed": gettext_lazy("below what is asked for"),
    "exempt": gettext_lazy("exempt"),
    "none-concerned": gettext_lazy("concerns nobody here"),
    "no-fact": gettext_lazy("a figure is missing"),
    "no-evidence": gettext_lazy("answered, but without evidence"),
    "no-schools": gettext_lazy("no school is known"),
    "no-stage": gettext_lazy("the kind of school is not known"),
    "nothing-to-count": gettext_lazy("there is nothing to count"),
}
STAGES: Mapping[str, Text] = {
    "primary": gettext_lazy("primary schools"),
    "junior": gettext_lazy("junior schools"),
}
GROUPS: Mapping[str, Text] = {
    "resources": gettext_lazy("Resources of schools"),
    "government": gettext_lazy("What the government guarantees"),
    "quality": gettext_lazy("Quality of education"),
    "satisfaction": gettext_lazy("Public satisfaction"),
    "veto": gettext_lazy("What rules a county out"),
}
READINGS: Mapping[str, Text] = {
    "transfers-at-entry": gettext_lazy(
        "graduates ÷ (pupils of grade 7 + transferred in − died − transferred out)"
    ),
    "transfers-at-exit": gettext_lazy(
        "(graduates − transferred in + transferred out) ÷ (pupils of grade 7 − died)"
    ),
}
DIRECTIONS: Mapping[str, str] = {"at-least": "≥", "at-most": "≤", "above": ">", "below": "<"}

_ERRORS: Mapping[str, Text] = {
    "mixed-units": gettext_lazy(
        "Two groups of schools report %(column)s about ten thousand times apart, as if 万元 and 元 were mixed;"
        " correct the figure of %(school)s or its like first."
    ),
    "part-above-whole": gettext_lazy("%(column)s: the part is larger than the whole."),
    "bad-retention": gettext_lazy(
        "Transfers and deaths are more than the pupils that they are taken from; correct the figures of retention."
    ),
    "negative": gettext_lazy("%(column)s: more is taken away than there is, at %(school)s."),
    "not-yes-no": gettext_lazy("%(column)s: a yes or no is needed."),
    "missing-value": gettext_lazy("A figure is missing, so the least cannot be told."),
    "free-unit": gettext_lazy("A unit price must be above zero."),
    "too-many-units": gettext_lazy("So small a coefficient asks for too many units."),
    "ground-not-given": gettext_lazy(
        "An exception for rural schools of 50 to 99 pupils was granted to %(school)s, which no longer has as many."
        " End the exception first."
    ),
    "unknown-school": gettext_lazy(
        "An exception names a school that is not judged: %(school)s. End it first."
    ),
}


def in_words(error: InputError, schools: Mapping[str, str]) -> str:
    """Return a refusal of the engine as a sentence; ``schools`` leads from primary keys to names."""
    key = str(error.value or "").split("/")[0]
    places = {"column": _column(error.column or ""), "school": schools.get(key, key or _("one school"))}
    found = _ERRORS.get(error.code)
    return (
        str(found) % places
        if found is not None
        else _("The figures cannot be judged: %(error)s") % {"error": error}
    )


def _column(name: str) -> str:
    from xuequ.systems.balance.catalogue import COLUMNS, FACTS

    facts = COLUMNS.get(name, (name,))
    return "、".join(str(FACTS[fact].label) for fact in facts if fact in FACTS) or name
