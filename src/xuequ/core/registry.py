"""Systems are found here: a new system is a new folder and one line in the settings."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.apps import AppConfig, apps
from django.db.models import QuerySet

from xuequ.core.actors import Actor
from xuequ.core.figures import Text
from xuequ.core.reports import ReportSection

if TYPE_CHECKING:
    from ninja import Router

    from xuequ.core.search.sources import SearchPages, SearchSource


@dataclass(frozen=True, slots=True)
class NavItem:
    """An entry of the menu; ``match`` is the URL prefix under which it is shown as current."""

    title: Text
    url: str
    icon: str
    match: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """A card on a role's home page: what needs this person today. Lower ``weight`` stands first."""

    title: Text
    text: Text
    url: str = ""
    action: Text = ""
    icon: str = "info-circle"
    weight: int = 100
    tone: str = ""  # "", "attention" or "done"


class Good(StrEnum):
    """Which way a number is good for pupils."""

    MORE = "more"
    LESS = "less"


@dataclass(frozen=True, slots=True)
class IndicatorDefinition:
    """An entry of the catalogue of indicators: what a published number means (口径).

    ``good`` is set where schools are laid side by side by the number, once for each thing that is known: what says the
    same again would count it twice. ``given`` marks what the school was given, not how it stands.
    """

    code: str
    title: Text
    definition: Text
    unit: Text
    source: Text
    audience: str
    good: Good | None = None
    given: bool = False


class Ground(StrEnum):
    """On what ground personal data are held (Personal Information Protection Law, article 13)."""

    DUTY = "duty"  # a duty or task that a law gives to schools and bureaus
    STAFF = "staff"  # managing one's own staff
    CONSENT = "consent"


class OnErasure(StrEnum):
    """What an erasure does with the rows of a person."""

    DELETE = "delete"
    CLEAR = "clear"  # the row stays, the fields in ``clear`` are emptied
    KEEP = "keep"  # the row stays as it is, under a random key that leads to nobody


class RuleUnit(StrEnum):
    """What the number of a rule counts."""

    DAYS = "days"
    WORKING_DAYS = "working_days"
    MONTHS = "months"
    YEARS = "years"
    AGE = "age"


class RuleStart(StrEnum):
    """From when a time of retention runs."""

    LEFT = "left"  # the person's last day at the district's schools
    WRITTEN = "written"  # the day in the entry's field ``dated``


@dataclass(frozen=True, slots=True)
class Rule:
    """A number that the law or the bureau sets: the default stands here, the one in force on the page of rules."""

    code: str
    title: Text
    value: int
    unit: RuleUnit
    source: Text = ""
    start: RuleStart | None = None
    verified: bool = False


@dataclass(frozen=True, slots=True)
class PersonalData:
    """A class of personal data that a part holds: what the register, exports, erasures and retention need to know.

    ``person`` are lookups from the model to ``district.Person`` (``"pupil__person"``); rows may also be found by
    a ``uid`` field (the random key of a person, pupil, teacher or account) or a ``login`` field (a login name).
    ``where`` narrows the rows. ``rule`` names the rule of retention; with the start "written", ``dated`` is the field
    that it counts from. ``free_text`` are fields (text or JSON) in which people may be called by name: an erasure takes
    the name out of them. ``file`` is a field with a name in the storage: a file that names the person is deleted
    with its row. ``export`` maps lookups of a row to headings; empty, all plain fields are exported. ``rows`` is the
    dotted path of a function ``(person) -> rows`` for what stands outside of the database.
    """

    model: str
    what: Text
    basis: Text
    retention: Text
    code: str = ""
    ground: Ground = Ground.DUTY
    uses: Text = ""
    seen_by: Text = ""
    person: tuple[str, ...] = ()
    uid: str = ""
    login: str = ""
    where: Mapping[str, Any] = field(default_factory=dict)
    on_erasure: OnErasure = OnErasure.KEEP
    clear: tuple[str, ...] = ()
    free_text: tuple[str, ...] = ()
    file: str = ""
    rule: str = ""
    dated: str = ""
    export: Mapping[str, Text] = field(default_factory=dict)
    rows: str = ""

    @property
    def slug(self) -> str:
        """What the entry is called in addresses and in the counts of an erasure."""
        return self.code or self.model.lower().replace(".", "-")

    @property
    def is_about_people(self) -> bool:
        """Whether single rows can be found by person; else the entry is there for the register and for free text."""
        return bool(self.person or self.uid or self.login or self.rows)


@dataclass(frozen=True, slots=True)
class ConsentUse:
    """A use of children's data that rests on consent; the wording that families agree to is a versioned text."""

    code: str
    title: Text
    what: Text
    who_sees: Text
    how_long: Text
    refusal: Text  # that a refusal changes nothing else for the child


Counted = Mapping[str, int]
"""How many rows each query has that a system asked to be counted for its cards."""


class System(AppConfig):
    """One system of the district. Sub-classes set what they offer; every default is "nothing"."""

    default_auto_field = "django.db.models.BigAutoField"
    title: Text = ""
    icon: str = "apps"
    order: int = 100
    indicators: tuple[IndicatorDefinition, ...] = ()
    personal_data: tuple[PersonalData, ...] = ()
    consent_uses: tuple[ConsentUse, ...] = ()
    rules: tuple[Rule, ...] = ()

    def navigation(self, actor: Actor) -> Iterable[NavItem]:
        """Return the menu entries that this actor may use."""
        return ()

    def home_counts(self, actor: Actor) -> "Mapping[str, QuerySet[Any]]":
        """Name what the cards want counted: the home page counts for all systems in one question."""
        return {}

    def home_cards(self, actor: Actor, counted: Counted) -> Iterable[Card]:
        """Return what this actor should know or do today; ``counted`` answers ``home_counts``."""
        return ()

    def school_pages(self, actor: Actor, school: Any) -> Iterable[NavItem]:
        """Return this system's pages about one school (``district.School``) that this actor may open."""
        return ()

    def sections(self) -> Iterable[ReportSection]:
        """Return the parts of reports that this system can write."""
        return ()

    def search_sources(self) -> "Iterable[SearchSource | SearchPages]":
        """Return the kinds of things of this system that can be found."""
        return ()

    def build_demo(self, demo: Any) -> None:
        """Add this system's part to the demo district."""

    def router(self) -> "Router | None":
        """Return the system's API router, mounted under ``/api/v1/<label>/``."""
        return None

    @property
    def urls_module(self) -> str:
        """Dotted path of the system's URLs, mounted under ``/<label>/``."""
        return f"{self.name}.urls"


def systems() -> list[System]:
    """Return the installed systems in the order of the menu."""
    found = [config for config in apps.get_app_configs() if isinstance(config, System)]
    return sorted(found, key=lambda system: (system.order, system.label))


def school_pages(actor: Actor, school: Any) -> list[NavItem]:
    """Return the pages of all systems about one school, in the order of the menu."""
    return [page for system in systems() for page in system.school_pages(actor, school)]


def indicator_definitions() -> dict[str, IndicatorDefinition]:
    """Return the catalogue of indicators by code, collected from all systems."""
    return {item.code: item for system in systems() for item in system.indicators}


def _declared(name: str) -> Iterable[Any]:
    """Yield what app configs declare under ``name``, in the order of the settings."""
    for config in apps.get_app_configs():
        yield from getattr(config, name, ())


def personal_data() -> list[PersonalData]:
    """Return the classes of personal data that any installed part holds, in the order of the settings."""
    found: Iterable[PersonalData] = _declared("personal_data")
    # What other people's packages keep is described by ours, whether or not they are installed.
    return [item for item in found if item.model.split(".")[0] in apps.app_configs]


def consent_uses() -> dict[str, ConsentUse]:
    """Return the uses that rest on consent, by code."""
    return {use.code: use for use in _declared("consent_uses")}


def rules() -> dict[str, Rule]:
    """Return the declared rules (times of retention, deadlines, ages) by code."""
    return {rule.code: rule for rule in _declared("rules")}


_erasing: list[Callable[[int], object]] = []
_withdrawing: list[Callable[[str, int], object]] = []


def on_erase(function: Callable[[int], object]) -> Callable[[int], object]:
    """Have ``function`` called with a person's primary key, in the transaction that erases the person.

    For what the register cannot describe, such as a search index; called last, when the name is gone already.
    """
    if function not in _erasing:
        _erasing.append(function)
    return function


def on_withdrawal(function: Callable[[str, int], object]) -> Callable[[str, int], object]:
    """Have ``function`` called with a use's code and a person's primary key when consent ends, in that transaction."""
    if function not in _withdrawing:
        _withdrawing.append(function)
    return function


def erasing() -> tuple[Callable[[int], object], ...]:
    """Return what ``on_erase`` was given."""
    return tuple(_erasing)


def withdrawing() -> tuple[Callable[[str, int], object], ...]:
    """Return what ``on_withdrawal`` was given."""
    return tuple(_withdrawing)


def report_sections() -> dict[str, ReportSection]:
    """Return all report sections by code."""
    return {section.code: section for system in systems() for section in system.sections()}


def search_sources() -> "list[SearchSource | SearchPages]":
    """Return what the search looks through, in the order of the settings."""
    hooks = (getattr(config, "search_sources", None) for config in apps.get_app_configs())
    return [source for hook in hooks if hook is not None for source in hook()]
