"""Why a school is due and what to talk about: codes with numbers become sentences here, in the reader's language."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop


@dataclass(frozen=True, slots=True)
class Said:
    """A code with what it says; ``for_school``: it holds nothing but what the school may read of itself."""

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)
    for_school: bool = True

    def as_dict(self) -> dict[str, Any]:
        """Return what is stored."""
        return {"code": self.code, "params": dict(self.params), "school": self.for_school}

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Said":
        """Read what was stored."""
        return cls(stored["code"], stored["params"], stored["school"])

    @property
    def text(self) -> str:
        """The words in the reader's language."""
        return _(TEXTS[self.code]) % self.params


TEXTS = {
    "never": gettext_noop("no visit is on record"),
    "time": gettext_noop("the last visit was %(weeks)d weeks ago"),
    "asked": gettext_noop("the school asked for one on %(day)s"),
    "overdue": gettext_noop("problems past their day: %(n)d"),
    "growth": gettext_noop("growth in grade %(grade)s is clearly below the average (%(value)s SD)"),
    "stars": gettext_noop("the school has lost stars since last year"),
    "score": gettext_noop("the district's rating fell from %(before)s to %(value)s"),
    "unmet": gettext_noop("items of balance that are not met rose from %(before)s to %(value)s"),
    "weak": gettext_noop("the district counts the school as weak"),
    "idle": gettext_noop("%(value)s %% of the devices were not used for 90 days"),
    "none": gettext_noop("visited lately, and nothing stands out"),
    "topic": gettext_noop("The school asked: %(topic)s"),
    "past": gettext_noop("Past its day (%(day)s): %(text)s"),
    "open": gettext_noop("Still open, until %(day)s: %(text)s"),
    "look": gettext_noop("Reported as solved, look at it: %(text)s"),
    "agreed": gettext_noop("Agreed last time (%(day)s): %(text)s"),
    "start": gettext_noop("First visit: let the school show its rooms and say what it needs most."),
}


def sentence(said: Iterable[Said]) -> str:
    """Join reasons into one sentence."""
    text = _("; ").join(item.text for item in said)
    return text[:1].upper() + text[1:] + _(".") if text else ""


def listed(said: Iterable[Said]) -> list[str]:
    """Each as a sentence of its own."""
    return [item.text[:1].upper() + item.text[1:] for item in said]


def stored(items: Iterable[Mapping[str, Any]]) -> list[Said]:
    """Read what a visit has stored."""
    return [Said.of(item) for item in items]
