"""What waits for somebody in projects and equipment: counted in one question, shown at home and at the entrance."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from xuequ.core.counting import count_together
from xuequ.core.registry import Card, Counted
from xuequ.district.actors import Actor
from xuequ.systems.programmes import access
from xuequ.systems.programmes.choices import Stage
from xuequ.systems.programmes.ledger import queries as ledger
from xuequ.systems.programmes.projects import queries as projects


@dataclass(frozen=True, slots=True)
class Waiting:
    """One kind of thing that waits: the sentence and where to see to it. ``told``: a notice says it already."""

    text: str
    url: str
    told: bool = False


def waiting(actor: Actor) -> list[Waiting]:
    """Return what waits for the actor, most urgent first; one query."""
    return _said(count_together(home_counts(actor)))


def _said(found: Counted) -> list[Waiting]:
    return [_WORDS[name](found[name]) for name in _WORDS if found.get(name)]


def home_counts(actor: Actor) -> "dict[str, QuerySet[Any]]":
    """Name what is counted."""
    wanted: dict[str, QuerySet[Any]] = {}
    if access.decides(actor) or access.keeps_everything(actor):
        wanted["late"] = projects.late_milestones(actor.day)
    if access.decides(actor):
        wanted["decide"] = projects.before_the_group()
    if projects.may_enter(actor):
        wanted["opinion"] = projects.waiting_for_expert(actor)
        wanted["use"] = projects.use_due(actor)
    if access.kept_ids(actor):
        wanted["moves"] = ledger.waiting_moves(actor)
        wanted["ending"] = ledger.ending(actor, actor.day)
    if access.kept_ids(actor) or access.keeps_everything(actor):
        wanted["loans"] = ledger.moves(actor).filter(pk__in=ledger.overdue_loans(actor.day).values("pk"))
    if access.may_check(actor):
        wanted["checks"] = ledger.open_checks()
    if access.pays(actor):
        wanted["unpaid"] = projects.unpaid_contracts()
    return wanted


def _late(n: int) -> Waiting:
    text = ngettext("%(n)d milestone of a project is late.", "%(n)d milestones of projects are late.", n)
    return Waiting(text % {"n": n}, reverse("programmes:group"))


def _decide(n: int) -> Waiting:
    text = ngettext(
        "%(n)d application waits for the leading group's decision.",
        "%(n)d applications wait for the leading group's decision.",
        n,
    )
    return Waiting(text % {"n": n}, f"{reverse('programmes:projects')}?stage={Stage.APPRAISAL}", told=True)


def _moves(n: int) -> Waiting:
    text = ngettext(
        "%(n)d move of equipment waits for your school.", "%(n)d moves of equipment wait for your school.", n
    )
    return Waiting(text % {"n": n}, reverse("programmes:moves"), told=True)


def _opinion(n: int) -> Waiting:
    text = ngettext(
        "%(n)d application waits for your opinion.", "%(n)d applications wait for your opinion.", n
    )
    return Waiting(text % {"n": n}, reverse("programmes:projects"))


def _use(n: int) -> Waiting:
    text = ngettext(
        "%(n)d accepted project of your school has no report of use yet.",
        "%(n)d accepted projects of your school have no report of use yet.",
        n,
    )
    return Waiting(text % {"n": n}, reverse("programmes:projects"))


def _ending(n: int) -> Waiting:
    text = ngettext(
        "%(n)d licence ends within 60 days or has ended.",
        "%(n)d licences end within 60 days or have ended.",
        n,
    )
    return Waiting(text % {"n": n}, f"{reverse('programmes:ledger')}?state=ending")


def _loans(n: int) -> Waiting:
    text = ngettext("%(n)d loan is overdue.", "%(n)d loans are overdue.", n)
    return Waiting(text % {"n": n}, reverse("programmes:moves"), told=True)


def _checks(n: int) -> Waiting:
    text = ngettext(
        "%(n)d spot check is begun and not closed.", "%(n)d spot checks are begun and not closed.", n
    )
    return Waiting(text % {"n": n}, reverse("programmes:inventories"))


def _unpaid(n: int) -> Waiting:
    text = ngettext(
        "%(n)d contract of an accepted project is not paid in full.",
        "%(n)d contracts of accepted projects are not paid in full.",
        n,
    )
    return Waiting(text % {"n": n}, reverse("programmes:projects"))


_WORDS = {
    "decide": _decide, "late": _late, "moves": _moves, "loans": _loans, "opinion": _opinion, "use": _use,
    "unpaid": _unpaid, "checks": _checks, "ending": _ending,
}  # fmt: skip


def home_cards(actor: Actor, counted: Counted) -> Iterator[Card]:
    """Return one card with what waits; what a notice tells already is left to it."""
    if not access.may_enter(actor):
        return
    found = [item for item in _said(counted) if not item.told]
    if found:
        yield Card(
            title=_("Projects and equipment"),
            text=" ".join(item.text for item in found[:2]),
            url=found[0].url,
            action=_("Look at it"),
            icon="package",
            weight=45,
            tone="attention",
        )
