"""What support may hold about people: who visited, and what was written in words."""

from django.utils.translation import gettext_lazy as _

from xuequ.core.registry import OnErasure, PersonalData

_DUTY = _("steering and accounting for support to schools, a legal duty")
_KEPT = _("kept with the record of support; names in it are taken out when a person is erased")
_READERS = _("the district's readers and those who lead the school")

PERSONAL_DATA = (
    PersonalData(
        model="support.Visit",
        what=_("who visited a school for the district, and the minutes in words"),
        basis=_DUTY, retention=_KEPT, seen_by=_READERS,
        person=("visitor__person",), on_erasure=OnErasure.KEEP,
        free_text=("met", "seen", "agreed", "comment", "agenda"),
        export={"day": _("day"), "met": _("who was met"), "seen": _("what was seen"), "agreed": _("what was agreed")},
    ),
    PersonalData(
        model="support.VisitRequest",
        what=_("what a school wants to talk about on a visit, in words"),
        basis=_DUTY, retention=_KEPT, seen_by=_READERS, free_text=("topic",),
    ),
    PersonalData(
        model="support.Project",
        what=_("what a school applies for and what came of it, in words"),
        basis=_DUTY, retention=_KEPT, seen_by=_READERS, free_text=("title", "purpose", "remark", "outcome"),
    ),
    PersonalData(
        model="support.Round",
        what=_("the reasons of a decision on money, in words"),
        basis=_DUTY, retention=_KEPT, seen_by=_READERS, free_text=("reason",),
    ),
    PersonalData(
        model="support.Allocation",
        what=_("why an amount departs from the proposal, in words"),
        basis=_DUTY, retention=_KEPT, seen_by=_READERS, free_text=("departure", "reasons"),
    ),
    PersonalData(
        model="support.Simulation", what=_("computed amounts with titles of projects, in words"),
        basis=_DUTY, retention=_KEPT, seen_by=_READERS, free_text=("result",),
    ),
    PersonalData(
        model="support.Spending",
        what=_("what money was spent on, in words"),
        basis=_DUTY, retention=_KEPT, seen_by=_READERS, free_text=("what",),
    ),
    PersonalData(
        model="support.Appeal",
        what=_("what a school asks about its amount and the answer, in words"),
        basis=_DUTY, retention=_KEPT, seen_by=_READERS, free_text=("text", "answer"),
    ),
    PersonalData(
        model="support.Check",
        what=_("what was found of a drawn field and what the school answers, in words"),
        basis=_DUTY, retention=_KEPT, seen_by=_("the district's readers, experts, and those who lead the school"),
        free_text=("reason", "reply", "settlement"),
    ),
    PersonalData(
        model="support.Pair",
        what=_("why a school declines a partner or the district ends a pair, in words"),
        basis=_DUTY, retention=_KEPT, seen_by=_READERS, free_text=("remark", "ended_why"),
    ),
    PersonalData(
        model="support.Act",
        what=_("what partners did together, in words"),
        basis=_DUTY, retention=_KEPT, seen_by=_READERS, free_text=("title", "contested", "voided_why"),
    ),
    PersonalData(
        model="support.Issue",
        what=_("problems found on a visit and what was done, in words"),
        basis=_DUTY, retention=_KEPT, seen_by=_READERS, free_text=("text", "office", "answer", "remark"),
    ),
)  # fmt: skip
