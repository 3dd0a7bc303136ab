"""Record as a Django app."""

import datetime as dt

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from xuequ.core.registry import OnErasure, PersonalData

TEACHING = _("teaching and the monitoring of education, a legal duty")
UNNAMED = _("kept; after an erasure it leads to nobody")


class RecordConfig(AppConfig):
    name = "xuequ.record"
    label = "record"
    verbose_name = _("Record")
    default_auto_field = "django.db.models.BigAutoField"
    personal_data = (
        PersonalData(
            model="record.Result",
            what=_("pupils' results by random key"),
            basis=TEACHING,
            retention=UNNAMED,
            uses=_("telling families, helping pupils, evaluating schools' growth"),
            seen_by=_("the pupil's teachers and school, the pupil and the guardians"),
            person=("pupil__person",),
            export={
                "assessment__name": _("assessment"),
                "assessment__subject": _("subject"),
                "assessment__held_on": _("held on"),
                "status": _("state"),
                "score": _("score"),
                "level": _("level"),
                "item_scores": _("marks by item"),
                "item_options": _("options chosen by item"),
                "is_current": _("in force"),
            },
        ),
        PersonalData(
            model="record.Result",
            code="results-typed",
            what=_("which results a teacher typed in"),
            basis=TEACHING,
            retention=UNNAMED,
            seen_by=_("the school's office"),
            person=("entered_by__person",),
            export={"assessment__name": _("assessment"), "entered_at": _("time")},
        ),
        PersonalData(
            model="record.TaughtPoints",
            what=_("which points of a paper a teacher reported as taught"),
            basis=TEACHING,
            retention=UNNAMED,
            uses=_("telling what was not learnt from what was not taught"),
            seen_by=_("the class's teachers and school; the district as shares of classes"),
            person=("entered_by__person",),
            export={
                "assessment__name": _("assessment"),
                "points": _("points taught"),
                "entered_at": _("time"),
            },
        ),
        PersonalData(
            model="record.Factor",
            what=_("facts about a pupil that evaluations may use, by random key"),
            basis=TEACHING,
            retention=UNNAMED,
            uses=_("comparing like with like when schools' growth is evaluated"),
            seen_by=_("the district's analysts; the school where the kind of fact allows it"),
            person=("pupil__person",),
            export={
                "kind": _("what"),
                "text": _("value"),
                "number": _("number"),
                "start": _("from"),
                "end": _("until"),
            },
        ),
        PersonalData(
            model="record.ImportBatch",
            what=_("uploaded sheets, with names"),
            basis=TEACHING,
            retention=_(
                "until the import is stored or discarded, at most a month; then its file name, hash and counts"
            ),
            uses=_("checking a file before anything is stored"),
            seen_by=_("whoever brought the file in"),
            person=("created_by__person",),
            free_text=("file_name", "options", "summary", "problems", "questions", "examples"),
            file="stored_file",
            export={"created": _("time"), "kind": _("kind"), "state": _("state")},
        ),
        PersonalData(
            model="record.Run",
            what=_(
                "what went into computations and what they expected, by random key, in the files of a run"
            ),
            basis=_("monitoring of education by the district, a legal duty"),
            retention=_("as long as the run; a key whose identity is erased leads to nobody"),
            uses=_("evaluating schools' growth, and repeating the computation"),
            seen_by=_("the district's analysts; in words, the family"),
            on_erasure=OnErasure.KEEP,
            rows="xuequ.record.personal.rows_in_runs",
        ),
        PersonalData(
            model="record.Run",
            code="runs-started",
            what=_("which computations somebody started"),
            basis=_("security of the system, a legal duty"),
            retention=UNNAMED,
            seen_by=_("the district's analysts"),
            person=("actor__person",),
            export={"title": _("title"), "created": _("time")},
        ),
        PersonalData(
            model="record.Evidence",
            what=_("papers and pictures that somebody handed in as evidence"),
            basis=_("inspection and support of schools, a legal duty"),
            retention=UNNAMED,
            uses=_("backing what a school says of itself, and showing how money was used"),
            seen_by=_("the school's leaders, and those at the district who judge or support it"),
            person=("uploaded_by__person",),
            free_text=("title", "note", "file_name", "withdrawn_why"),
            export={"title": _("title"), "file_name": _("file"), "uploaded": _("time")},
        ),
    )

    def daily(self, day: dt.date) -> None:
        """Remove files of imports and evidence that a process which died has left behind."""
        from xuequ.record.uploads import remove_stray

        remove_stray()
