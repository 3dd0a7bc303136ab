"""Where item results begin for each role: the menu, the home page's cards, the first page of a paper."""

from collections.abc import Iterator, Sequence

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from xuequ.core.registry import Card, NavItem
from xuequ.district.actors import SCHOOL_LEADERS, Actor
from xuequ.district.choices import Role
from xuequ.district.models import Pupil
from xuequ.record.models import Run
from xuequ.systems.growth.items import queries
from xuequ.systems.growth.items.queries import Analysis, ListedPaper

READERS = (*SCHOOL_LEADERS, Role.SUBJECT_HEAD, Role.YEAR_HEAD, Role.CLASS_TEACHER, Role.TEACHER)
NEWEST = 2
"""As many papers have a card on a home page."""


def may_enter(actor: Actor) -> bool:
    """Whether item results have anything for the actor's roles as staff; families enter from their child's page."""
    return actor.sees_district or actor.has(*READERS)


def navigation(actor: Actor) -> Iterator[NavItem]:
    """Yield the menu entry."""
    if may_enter(actor):
        yield NavItem(_("Item results"), reverse("growth:items"), "list-check", "/growth/items/")


def first_page(paper: ListedPaper) -> str:
    """Return the page on which the actor begins with a paper; empty while it is not analysed."""
    return page_of(Analysis(paper.run, paper.assessment, paper.scope)) if paper.run is not None else ""


def page_of(found: Analysis) -> str:
    """Return the page on which the actor begins with an analysed paper: the widest that is theirs."""
    if found.scope.district:
        return reverse("growth:items-points", args=[found.run.uid])
    if found.scope.only is None:
        return reverse("growth:items-paper", args=[found.run.uid])
    name = "growth:items-school" if found.scope.schools else "growth:items-class"
    return reverse(name, args=[found.run.uid, found.scope.only])


def staff_cards(actor: Actor) -> Iterator[Card]:
    """Yield the newest papers for staff."""
    if not may_enter(actor):
        return
    for found in queries.newest(actor, NEWEST):
        title, text = _("What to teach again"), found.assessment.name
        yield Card(title, text, page_of(found), _("Open"), "list-check", 45)


def pupil_cards(children: Sequence[Pupil]) -> dict[int, list[Card]]:
    """Return what each child's newest paper says, for the child and the family, by the child's primary key."""
    papers = queries.family_papers(children)
    return {child.pk: [_practice(child, run) for run in papers[child.pk][:1]] for child in children}


def _practice(child: Pupil, run: Run) -> Card:
    return Card(
        _("What %(name)s can practise") % {"name": child.person.name},
        run.title,
        reverse("growth:items-pupil", args=[run.uid, child.uid]),
        _("Read more"),
        "list-check",
        45,
    )
