"""Where growth begins for each role: entries of the system's first page and cards of the home page."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from xuequ.core.registry import Card, Counted
from xuequ.district import queries as district
from xuequ.district.actors import SCHOOL_LEADERS, Actor
from xuequ.district.choices import Role
from xuequ.district.models import Pupil
from xuequ.systems.growth import queries
from xuequ.systems.growth.actions import may_evaluate
from xuequ.systems.growth.choices import Verdict
from xuequ.systems.growth.items import cards as items
from xuequ.systems.growth.models import Evaluation, SchoolGrowth
from xuequ.systems.growth.pupils import in_words

CLASS_ROLES = (Role.CLASS_TEACHER, Role.TEACHER, Role.YEAR_HEAD, Role.SUBJECT_HEAD)
READERS = (*SCHOOL_LEADERS, *CLASS_ROLES, Role.PUPIL, Role.GUARDIAN)


@dataclass(frozen=True, slots=True)
class Entry:
    """A page of growth that the actor may open now."""

    title: str
    text: str
    url: str


def may_enter(actor: Actor) -> bool:
    """Whether growth has anything for the actor's roles."""
    return actor.sees_district or actor.has(*READERS)


def entries(actor: Actor) -> list[Entry]:
    """Return what the actor may open, the widest view first."""
    found = (
        [Entry(_("All evaluations"), _("Runs, findings and reports"), reverse("growth:runs"))]
        if actor.sees_district
        else []
    )
    found += [*_school_entries(actor), *_class_entries(actor), *_pupil_entries(actor)]
    return found


def _school_entries(actor: Actor) -> Iterator[Entry]:
    for row in own_schools(actor):
        run = row.evaluation.run
        text = f"{row.evaluation.outcome_label} · {Verdict(row.verdict).label}"
        yield Entry(str(row.school), text, reverse("growth:school", args=[run.uid, row.school.uid]))


def own_schools(actor: Actor) -> list[SchoolGrowth]:
    """Return the rows in force of the schools that the actor leads, newest first."""
    led = [g.school_id for g in actor.grants if g.role in SCHOOL_LEADERS and g.school_id is not None]
    if not led:
        return []
    rows = SchoolGrowth.objects.filter(
        school__in=led, evaluation__published__isnull=False, evaluation__superseded=None
    )
    order = ("-evaluation__period", "-evaluation__grade", "school__code")
    return list(rows.select_related("school", "evaluation__run").order_by(*order))


def _class_entries(actor: Actor) -> Iterator[Entry]:
    if not actor.has(*CLASS_ROLES):
        return
    for school_class, found in queries.classes_with_growth(actor):
        url = reverse("growth:class", args=[found.run.uid, school_class.uid])
        yield Entry(str(school_class), found.outcome_label, url)


def _pupil_entries(actor: Actor) -> Iterator[Entry]:
    for pupil in family_pupils(actor):
        yield Entry(
            pupil.person.name, _("Results and growth in words"), reverse("growth:pupil", args=[pupil.uid])
        )


def family_pupils(actor: Actor) -> list[Pupil]:
    """Return the actor's own record as a pupil and the actor's children."""
    found = list(district.children(actor)) if actor.has(Role.GUARDIAN) else []
    own = district.own_pupil(actor) if actor.has(Role.PUPIL) else None
    return [own, *found] if own is not None else found


def home_counts(actor: Actor) -> "dict[str, QuerySet[Any]]":
    """Name what the cards want counted."""
    if not may_evaluate(actor):
        return {}
    done = Evaluation.objects.filter(published=None, superseded=None, run__study=None, run__state="done")
    return {"unpublished": done}


def home_cards(actor: Actor, counted: Counted) -> Iterator[Card]:
    """Return what growth has for the actor today."""
    yield from _waiting_cards(counted.get("unpublished", 0))
    if actor.sees_district:
        yield from _district_cards(actor)
    for row in own_schools(actor)[:2]:
        yield _school_card(row)
    yield from _class_cards(actor)
    yield from _family_cards(family_pupils(actor))


def _waiting_cards(count: int) -> Iterator[Card]:
    if count:
        text = ngettext(
            "%(n)d finished evaluation has not been shown to the schools yet.",
            "%(n)d finished evaluations have not been shown to the schools yet.",
            count,
        ) % {"n": count}
        yield Card(
            _("Findings to publish"),
            text,
            reverse("growth:runs"),
            _("Look at them"),
            "report-analytics",
            30,
            "attention",
        )


def _district_cards(actor: Actor) -> Iterator[Card]:
    for found in queries.latest(actor)[:2]:
        told = found.findings["distinguishability"]
        yield Card(
            title=_("Growth: %(outcome)s") % {"outcome": found.outcome_label},
            text=_standing(told),
            url=reverse("growth:run", args=[found.run.uid]),
            action=_("Who needs help first"),
            icon="trending-up",
            weight=40,
            tone="attention" if told["below"] else "",
        )


def _standing(told: Mapping[str, int]) -> str:
    if told["below"]:
        text = _(
            "%(below)s of %(schools)s schools need a closer look; %(cannot_tell)s cannot be told from the average."
        )
    elif told["above"]:
        text = _(
            "No school lies below the average; in %(above)s of %(schools)s pupils came further than expected."
        )
    else:
        text = _("None of the %(schools)s schools can be told from the average.")
    return text % told


def _school_card(row: SchoolGrowth) -> Card:
    return Card(
        title=_("Growth of %(school)s") % {"school": row.school},
        text=f"{row.evaluation.outcome_label}：{Verdict(row.verdict).label}",
        url=reverse("growth:school", args=[row.evaluation.run.uid, row.school.uid]),
        action=_("What to do next"),
        icon="trending-up",
        weight=40,
        tone="attention" if row.verdict == Verdict.BELOW else "",
    )


def _class_cards(actor: Actor) -> Iterator[Card]:
    listed = list(_class_entries(actor))
    if listed:
        text = "、".join(entry.title for entry in listed[:4])
        url = listed[0].url if len(listed) == 1 else reverse("growth:index")
        yield Card(_("How far your pupils came"), text, url, _("Open"), "users", 50)


def _family_cards(pupils: Sequence[Pupil]) -> Iterator[Card]:
    """Yield what there is for each child; asked for all of them at once."""
    growth, practice = queries.growth_of(pupils, most=1), items.pupil_cards(pupils)
    for pupil in pupils:
        yield from _pupil_cards(pupil, growth[pupil.pk])
        yield from practice[pupil.pk]


def _pupil_cards(pupil: Pupil, growth: Sequence[queries.PupilGrowth]) -> Iterator[Card]:
    for item in growth:
        words = in_words(item)
        yield Card(
            title=_("How far %(name)s came") % {"name": pupil.person.name},
            text=str(words.band),
            url=reverse("growth:pupil", args=[pupil.uid]),
            action=_("Read more"),
            icon="heart",
            weight=40,
        )
