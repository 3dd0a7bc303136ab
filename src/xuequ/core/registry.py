"""Systems are found here: a new system is a new folder and one line in the settings."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.apps import AppConfig, apps

from xuequ.core.actors import Actor
from xuequ.core.figures import Text
from xuequ.core.reports import ReportSection

if TYPE_CHECKING:
    from ninja import Router


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


@dataclass(frozen=True, slots=True)
class IndicatorDefinition:
    """An entry of the catalogue of indicators: what a published number means (口径)."""

    code: str
    title: Text
    definition: Text
    unit: Text
    source: Text
    audience: str


@dataclass(frozen=True, slots=True)
class PersonalData:
    """A class of personal data that a system holds."""

    model: str
    what: Text
    basis: Text
    retention: Text


class System(AppConfig):
    """One system of the district. Sub-classes set what they offer; every default is "nothing"."""

    default_auto_field = "django.db.models.BigAutoField"
    title: Text = ""
    icon: str = "apps"
    order: int = 100
    indicators: tuple[IndicatorDefinition, ...] = ()
    personal_data: tuple[PersonalData, ...] = ()

    def navigation(self, actor: Actor) -> Iterable[NavItem]:
        """Return the menu entries that this actor may use."""
        return ()

    def home_cards(self, actor: Actor) -> Iterable[Card]:
        """Return what this actor should know or do today."""
        return ()

    def sections(self) -> Iterable[ReportSection]:
        """Return the parts of reports that this system can write."""
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


def indicator_definitions() -> dict[str, IndicatorDefinition]:
    """Return the catalogue of indicators by code, collected from all systems."""
    return {item.code: item for system in systems() for item in system.indicators}


def personal_data() -> list[PersonalData]:
    """Return the classes of personal data that any installed part holds, in the order of the settings."""
    return [item for config in apps.get_app_configs() for item in getattr(config, "personal_data", ())]


def report_sections() -> dict[str, ReportSection]:
    """Return all report sections by code."""
    return {section.code: section for system in systems() for section in system.sections()}
