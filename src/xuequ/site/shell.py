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
from xuequ.district.models import Identity, Person, RoleAssignment

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
    if actor.person_id is None:
        return ""
    if actor.assignments:  # read together with the roles
        return _name_of(actor.assignments[0].account.person)
    identity = Identity.objects.filter(person_id=actor.person_id).first()
    return identity.fields["name"] if identity else ""


def _name_of(person: Person) -> str:
    identity = getattr(person, "identity", None)
    return identity.fields["name"] if identity else ""


def role_words(actor: Actor) -> list[str]:
    """Return "head of school · 第一小学" for each role held, the one with the most to answer for first."""
    rows = sorted(
        actor.assignments, key=lambda row: (row.lent_from_id is not None, list(Role).index(Role(row.role)))
    )
    words = [" · ".join([str(Role(row.role).label), *_place(row), *_behalf(row)]) for row in rows]
    return list(dict.fromkeys(words))


def works_here(actor: Actor) -> bool:
    """Whether the actor has work in the district: families and pupils start nothing that runs in the background."""
    return any(grant.role not in (Role.GUARDIAN, Role.PUPIL) for grant in actor.grants)


def has_deputies(actor: Actor) -> bool:
    """Whether the actor has a role that may be lent to a colleague, or one that a colleague lent."""
    return any(grant.lent or policy.may_lend(actor, grant) for grant in actor.grants)


def _called(row: RoleAssignment) -> str:
    person = getattr(row.account, "person", None)
    return (_name_of(person) if person is not None else "") or row.account.username


def _behalf(row: RoleAssignment) -> list[str]:
    if row.lent_from is None:
        return []
    return [_("on behalf of %(name)s") % {"name": _called(row.lent_from)}]


def _place(row: RoleAssignment) -> list[str]:
    school = row.school or (row.school_class.school if row.school_class else None)
    parts = [school, row.school_class, row.area, row.subject]
    words = [str(part) for part in parts if part is not None]
    if row.entry_year and not row.school_class:
        words.append(_("entry %(year)s") % {"year": row.entry_year})
    return words
