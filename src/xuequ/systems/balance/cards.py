"""What balance puts on a home page: one question for each role."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from xuequ.core.counting import count_together
from xuequ.core.registry import Card
from xuequ.district.actors import Actor
from xuequ.systems.balance.access import FILLERS, keeps
from xuequ.systems.balance.choices import AppealState, ValueState
from xuequ.systems.balance.models import Appeal, Judgement, Value
from xuequ.systems.balance.wording import VERDICTS


def home_cards(actor: Actor) -> Iterator[Card]:
    """Return what needs this person: questions of a school, what waits for the district, the verdict for a leader."""
    if keeps(actor):
        yield from _keeper_cards()
    elif actor.sees_district:
        yield from _verdict_card()
    elif schools := actor.schools_of(FILLERS):
        yield from _school_cards([school.pk for school in schools])


def _keeper_cards() -> Iterator[Card]:
    found = count_together(
        {
            "waiting": Value.objects.filter(state=ValueState.WAITING),
            "asked": Value.objects.filter(state=ValueState.ASKED),
            "objections": Appeal.objects.filter(state=AppealState.OPEN),
            "unpublished": Judgement.objects.filter(published=None, superseded=None),
        }
    )
    if found["objections"]:
        text = ngettext(
            "%(n)d school objects to being counted as weak.", "%(n)d schools object to being counted as weak.",
            found["objections"],
        ) % {"n": found["objections"]}  # fmt: skip
        yield Card(
            _("Objections to answer"),
            text,
            reverse("balance:appeals"),
            _("Read them"),
            "message-circle",
            32,
            "attention",
        )
    waiting = found["waiting"] + found["asked"]
    if waiting:
        text = ngettext(
            "%(n)d figure of a school waits, for you or for an answer about its unit.",
            "%(n)d figures of schools wait, for you or for an answer about their unit.",
            waiting,
        ) % {"n": waiting}
        yield Card(
            _("Figures of schools"),
            text,
            reverse("balance:waiting"),
            _("Look at them"),
            "checklist",
            34,
            "attention",
        )
    if found["unpublished"]:
        text = _("A judgement of balance has not been shown to the schools yet.")
        yield Card(_("Balance to publish"), text, reverse("balance:index"), _("Look at it"), "scale", 45)


def _verdict_card() -> Iterator[Card]:
    rows = Judgement.objects.filter(published__isnull=False, superseded=None).select_related("year")
    found = rows.order_by("-year__start").first()
    if found is not None:
        text = _("Balance of %(year)s: %(verdict)s") % {
            "year": found.year.code,
            "verdict": VERDICTS[found.verdict],
        }
        url = reverse("balance:brief", args=[found.year.code])
        yield Card(_("Balanced compulsory education"), text, url, _("In three sentences"), "scale", 45)


def _school_cards(schools: list[int]) -> Iterator[Card]:
    asked = Value.objects.filter(state=ValueState.ASKED, school__in=schools).select_related("school", "year")
    first = asked.order_by("pk").first()
    if first is not None and first.school is not None:
        text = _("One figure may be in the wrong unit (万元 or 元): please answer yes or no.")
        url = reverse("balance:values", args=[first.year.code, first.school.uid])
        yield Card(_("A question about a figure"), text, url, _("Answer"), "help-circle", 30, "attention")
