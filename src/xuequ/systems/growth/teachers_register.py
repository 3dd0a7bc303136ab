"""What teacher-level values hold about people, for the register of personal data, erasures and copies."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from xuequ.core.registry import Ground, OnErasure, PersonalData

BASIS = _("the legal basis that the bureau's leader stated when unlocking, to be confirmed by the bureau")
RETENTION = _("until the bureau locks them, at most one year; while they are locked nothing is held")

PERSONAL_DATA = (
    PersonalData(
        model="growth.TaughtClass",
        what=_("which classes a teacher taught for what share, confirmed by teacher and school"),
        basis=BASIS,
        retention=RETENTION,
        ground=Ground.STAFF,
        uses=_("teacher-level values, while they are unlocked"),
        seen_by=_("the teacher; the head and the administrator of the school"),
        person=("teacher__person",),
        on_erasure=OnErasure.DELETE,
        export={
            "evaluation__period": _("period"),
            "school_class": pgettext_lazy("group of pupils", "class"),
            "subject": _("subject"),
            "on_record": _("share on record"),
            "share": _("share"),
            "confirmed": _("confirmed"),
            "agreed": _("agreed"),
        },
    ),
    PersonalData(
        model="growth.TeacherGrowth",
        what=_("how far a teacher's pupils came beyond the own school's average, with its range"),
        basis=BASIS,
        retention=RETENTION,
        ground=Ground.STAFF,
        uses=_("the teacher's own reflection; never pay, posts, honours or any ranking"),
        seen_by=_("the teacher; two weeks later the head of the own school; nobody else"),
        person=("teacher__person",),
        on_erasure=OnErasure.DELETE,
        # Not the value: whoever prepares a copy would read it, and the person has it on a page of their own.
        export={"periods": _("period"), "n": _("pupils"), "first_opened": _("first opened")},
    ),
    PersonalData(
        model="growth.TeacherUnlock",
        what=_("the legal basis on which teacher-level values were unlocked, in words"),
        basis=_("accounting for what the bureau decided, a legal duty"),
        retention=_("kept; it names no teacher"),
        seen_by=_("the bureau's leader"),
        free_text=("basis",),
    ),
)
