"""Checked results into the record and out of it again; always in the caller's transaction."""

from collections.abc import Iterator
from itertools import islice
from typing import TypeVar

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from xuequ.core.errors import Refused
from xuequ.core.jobs.context import report_progress
from xuequ.district.actors import Actor
from xuequ.kit.scores.dry_run import DryRun, Reading, Target
from xuequ.record import actions as record
from xuequ.record.models import Assessment, ImportBatch, Paper, Result

Item = TypeVar("Item")
BATCH = 2000


def store_results(run: DryRun, *, actor: Actor, batch: ImportBatch) -> None:
    """Store what the check found new or other; results that are replaced stay as history."""
    done, everything = 0, max(run.added + run.corrected, 1)
    for target in run.targets.values():
        if not (target.added or target.corrected or target.changes_paper):
            continue
        assessment = _saved(target.assessment, actor)
        paper = _stored_paper(target, assessment, batch)
        for rows in _portions(_new_rows(target, assessment, batch, paper), BATCH):
            replaced = [row.corrects_id for row in rows if row.corrects_id is not None]
            Result.objects.filter(pk__in=replaced).update(is_current=False)
            Result.objects.bulk_create(rows)
            done += len(rows)
            report_progress(0.5 + 0.5 * done / everything, _("Storing the results"))


def _saved(assessment: Assessment, actor: Actor) -> Assessment:
    if assessment.pk is not None:
        return assessment
    fields = ("name", "basis", "form", "subject", "term", "grade", "held_on", "full_mark", "levels", "school")
    return record.create_assessment(actor=actor, **{name: getattr(assessment, name) for name in fields})


def _stored_paper(target: Target, assessment: Assessment, batch: ImportBatch) -> Paper | None:
    """Return the paper that item results belong to, stored in the place of another where it has changed."""
    if target.content is None or target.paper is not None:
        return target.paper
    before = Paper.objects.filter(assessment=assessment, is_current=True).first()
    Paper.objects.filter(assessment=assessment, is_current=True).update(is_current=False)
    return Paper.objects.create(
        assessment=assessment,
        items=[item.as_json() for item in target.content.items],
        lessons=dict(target.content.lessons),
        batch=batch,
        corrects=before,
    )


def _new_rows(
    target: Target, assessment: Assessment, batch: ImportBatch, paper: Paper | None
) -> Iterator[Result]:
    for reading in target.added:
        yield _row(reading, assessment, batch, None, paper)
    for corrected, reading in target.corrected:
        yield _row(reading, assessment, batch, corrected, paper)


def _row(
    reading: Reading, assessment: Assessment, batch: ImportBatch, corrects: int | None, paper: Paper | None
) -> Result:
    return Result(
        assessment=assessment,
        pupil_id=reading.pupil,
        school_id=reading.school,
        school_class_id=reading.school_class,
        status=reading.status,
        score=reading.score,
        level=reading.level,
        raw_text=reading.raw,
        paper=paper if reading.items is not None else None,
        item_scores=reading.items.scores if reading.items is not None else "",
        item_options=reading.items.options if reading.items is not None else "",
        batch=batch,
        corrects_id=corrects,
    )


def _portions(items: Iterator[Item], size: int) -> Iterator[list[Item]]:
    while portion := list(islice(items, size)):
        yield portion


def withdraw_results(batch: ImportBatch) -> int:
    """Take the import's results out of force and put those that they had replaced back; return how many went."""
    later = Result.objects.filter(corrects=OuterRef("pk"), is_current=True)
    overtaken = Result.objects.filter(batch=batch).filter(Exists(later))
    if names := list(overtaken.values_list("corrected_by__batch__file_name", flat=True).distinct()[:3]):
        raise Refused(
            _("Results of this import were corrected by a later one (%(names)s). Undo that one first.")
            % {"names": ", ".join(name or "?" for name in names)}
        )
    _withdraw_papers(batch)
    mine = Result.objects.filter(batch=batch)
    count = mine.filter(is_current=True).update(is_current=False)
    replaced = mine.exclude(corrects=None).values("corrects_id")
    Result.objects.filter(pk__in=replaced).update(is_current=True)
    return count


def _withdraw_papers(batch: ImportBatch) -> None:
    """Take the import's papers out of force and put those that they had replaced back.

    Refused while later item results rest on one: without it nobody could say what their marks are for.
    """
    mine = Paper.objects.filter(batch=batch)
    resting = Result.objects.filter(paper__in=mine.values("pk"), is_current=True).exclude(batch=batch)
    later = Paper.objects.filter(corrects__in=mine.values("pk"), is_current=True)
    names = [*resting.values_list("batch__file_name", flat=True).distinct()[:3]]
    names += [*later.values_list("batch__file_name", flat=True)[:3]]
    if names:
        raise Refused(
            _("Item results of a later import (%(names)s) rest on this paper. Undo that one first.")
            % {"names": ", ".join(dict.fromkeys(name or "?" for name in names))}
        )
    replaced = [pk for pk in mine.filter(is_current=True).values_list("corrects_id", flat=True) if pk]
    mine.update(is_current=False)
    Paper.objects.filter(pk__in=replaced).update(is_current=True)
