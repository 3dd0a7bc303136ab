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
        model="support.Issue",
        what=_("problems found on a visit and what was done, in words"),
        basis=_DUTY, retention=_KEPT, seen_by=_READERS, free_text=("text", "office", "answer", "remark"),
    ),
)  # fmt: skip
