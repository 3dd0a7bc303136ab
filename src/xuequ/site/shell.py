"""The frame of every page: the menu with its current entry, and who is signed in, in words."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xuequ.core.figures import Text
from xuequ.core.registry import NavItem, systems
from xuequ.district import policy
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import Identity, RoleAssignment

BOTTOM_ENTRIES = 4


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """An entry of the menu as this page shows it."""

    title: Text
    url: str
    icon: str
    current: bool


@dataclass(frozen=True, slots=True)
class MenuGroup:
    """The entries of one system; a system with a single entry needs no heading."""

    title: Text
    entries: tuple[MenuEntry, ...]


@dataclass(frozen=True, slots=True)
class Menu:
    """The whole menu; ``bottom`` are the entries that a phone shows under the thumb."""

    groups: tuple[MenuGroup, ...]
    bottom: tuple[MenuEntry, ...]


def menu(actor: Actor, path: str) -> Menu:
    """Return the menu of ``actor`` with the entry that fits ``path`` best marked as current."""
    home = NavItem(title=gettext_lazy("Home"), url=reverse("home"), icon="home")
    offered: list[tuple[Text, list[NavItem]]] = [(gettext_lazy("Home"), [home])]
    offered += [(system.title, list(system.navigation(actor))) for system in systems()]
    current = _current((item for _title, items in offered for item in items), path)
    groups = tuple(
        MenuGroup(title if len(items) > 1 else "", tuple(_entry(item, current) for item in items))
        for title, items in offered
        if items
    )
    entries = [entry for group in groups for entry in group.entries]
    return Menu(groups, tuple(entries[:BOTTOM_ENTRIES]))


def _entry(item: NavItem, current: NavItem | None) -> MenuEntry:
    return MenuEntry(item.title, item.url, item.icon, item is current)


def _current(items: Iterable[NavItem], path: str) -> NavItem | None:
    fitting = [item for item in items if _fits(item, path)]
    return max(fitting, key=lambda item: len(item.match or item.url), default=None)


def _fits(item: NavItem, path: str) -> bool:
    prefix = item.match or item.url
    return path == prefix if prefix == "/" else path.startswith(prefix)


def person_name(actor: Actor) -> str:
    """Return the name of the person who is signed in, or nothing for an account without a person."""
    identity = Identity.objects.filter(person_id=actor.person_id).first() if actor.person_id else None
    return identity.fields["name"] if identity else ""


def role_words(actor: Actor) -> list[str]:
    """Return "head of school · 第一小学" for each role held, the one with the most to answer for first."""
    rows = sorted(
        actor.assignments, key=lambda row: (row.lent_from_id is not None, list(Role).index(Role(row.role)))
    )
    lenders = _lenders([row.lent_from_id for row in rows if row.lent_from_id])
    words = [" · ".join([str(Role(row.role).label), *_place(row), *_behalf(row, lenders)]) for row in rows]
    return list(dict.fromkeys(words))


def has_deputies(actor: Actor) -> bool:
    """Whether the actor has a role that may be lent to a colleague, or one that a colleague lent."""
    return any(grant.lent or policy.may_lend(actor, grant) for grant in actor.grants)


def _lenders(keys: list[int]) -> dict[int, str]:
    """Return the names of those who lent these roles; no query when none is lent."""
    if not keys:
        return {}
    rows = RoleAssignment.objects.filter(pk__in=keys).select_related("account__person__identity")
    return {row.pk: _called(row) for row in rows}


def _called(row: RoleAssignment) -> str:
    person = getattr(row.account, "person", None)
    return person.name if person is not None else row.account.username


def _behalf(row: RoleAssignment, lenders: dict[int, str]) -> list[str]:
    if row.lent_from_id is None:
        return []
    return [_("on behalf of %(name)s") % {"name": lenders.get(row.lent_from_id, "")}]


def _place(row: RoleAssignment) -> list[str]:
    school = row.school or (row.school_class.school if row.school_class else None)
    parts = [school, row.school_class, row.area, row.subject]
    words = [str(part) for part in parts if part is not None]
    if row.entry_year and not row.school_class:
        words.append(_("entry %(year)s") % {"year": row.entry_year})
    return words
