"""The steps of an import: upload, name the columns, check, answer, confirm, undo. Pages and commands call them."""

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import PurePath
from typing import IO, cast

from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _

from xuequ.core import audit, clock
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.files import check_upload
from xuequ.core.jobs.context import report_progress
from xuequ.district import policy
from xuequ.district.actors import Actor
from xuequ.district.models import School
from xuequ.kit.approvals import imports as approvals
from xuequ.kit.scores import sheets, studies
from xuequ.kit.scores.checking import check_book
from xuequ.kit.scores.options import ColumnUse, Mode, Options
from xuequ.kit.scores.proposal import sample
from xuequ.kit.scores.storing import store_results, withdraw_results
from xuequ.kit.sheets.tables import text_of
from xuequ.record import queries as record
from xuequ.record import rules
from xuequ.record.choices import Basis, BatchState
from xuequ.record.models import Assessment, HeadingAlias, ImportBatch

KIND = "scores"
KEPT_UNDECIDED = dt.timedelta(days=30)


def upload(*, actor: Actor, file: File[bytes], options: Options) -> ImportBatch:
    """Keep a file and propose what its columns are; ``Refused`` says why a file cannot be taken, and keeps nothing."""
    _check_permission(actor, options)
    check_upload(file)
    file.seek(0)
    content = file.read()
    file_name = PurePath(file.name or "scores").name[:200]
    book = sheets.load(content, file_name)
    proposed = sheets.propose(book, options)
    with transaction.atomic():
        _remove_abandoned()
        batch = ImportBatch(
            kind=KIND,
            file_name=file_name,
            file_sha256=hashlib.sha256(content).hexdigest(),
            options=proposed.options.as_json(),
            summary={"rows": proposed.rows},
            created_by_id=actor.account_id,
            created=clock.now(),
        )
        batch.stored_file = default_storage.save(
            f"imports/{batch.uid}{PurePath(file_name).suffix.lower()}", ContentFile(content)
        )
        batch.save()
        audit.record(actor, "import.uploaded", batch, {"rows": proposed.rows})
    return batch


def _remove_abandoned() -> None:
    """Remove imports that nobody decided on for a month: their files hold names."""
    begun = ImportBatch.objects.filter(
        kind=KIND,
        state__in=[BatchState.UPLOADED, BatchState.CHECKED],
        created__lt=clock.now() - KEPT_UNDECIDED,
    )
    for stored_file in list(begun.values_list("stored_file", flat=True)):
        transaction.on_commit(partial(default_storage.delete, stored_file))
    begun.delete()


def _check_permission(actor: Actor, options: Options) -> None:
    if policy.imports_everywhere(actor):
        return
    basis, school = _basis_and_school(options)
    own = School.objects.filter(policy.import_schools(actor))
    if options.mode == Mode.STUDY or not own.exists():
        raise Forbidden(_("You may not bring in these results."))
    if basis is None or not rules.BASES[basis].school_made:
        raise Forbidden(
            _(
                "A school brings in its own examinations; monitoring and graduation results come from the district."
            )
        )
    if school and not own.filter(uid=school).exists():
        raise Forbidden(_("You may bring in results of your own school only."))


def _basis_and_school(options: Options) -> tuple[Basis | None, str]:
    if options.assessment:
        chosen = Assessment.objects.select_related("school").filter(uid=options.assessment).first()
        if chosen is None:
            return None, ""
        return Basis(chosen.basis), str(chosen.school.uid) if chosen.school is not None else ""
    return (Basis(options.basis) if options.basis else None), options.school


def options_of(batch: ImportBatch) -> Options:
    """Return what has been said about the file."""
    return Options.from_json(batch.options)


def book_of(batch: ImportBatch) -> sheets.Loaded:
    """Read the kept file again."""
    with default_storage.open(batch.stored_file) as stream:
        return sheets.load(cast(IO[bytes], stream).read(), batch.file_name)


@dataclass(frozen=True, slots=True)
class ColumnsView:
    """What the page about a file's columns shows: the sheets that hold tables, and what stands in each column."""

    options: Options
    sheets: tuple[str, ...]
    samples: Mapping[int, str]


def columns_of(batch: ImportBatch) -> ColumnsView:
    """Read the kept file for the page about its columns."""
    options, book = options_of(batch), book_of(batch)
    if options.mode == Mode.STUDY:
        tables = [sheets.study_table(book, options)]
        names = tuple(sheet.name for sheet in book.sheets if sheet.rows)
    else:
        tables = sheets.tables_of(book, sheets.remembered())
        names = tuple(table.sheet for table in tables)
    shown = next((table for table in tables if table.sheet in options.sheets), tables[0])
    samples = {c.index: " · ".join(text_of(cell) for cell in sample(shown, c.index)) for c in options.columns}
    return ColumnsView(options, names, samples)


def may_be_confirmed(batch: ImportBatch) -> bool:
    """Whether the last check left nothing to correct or to ask, and something to store."""
    said = batch.summary
    changes = said.get("added", 0) + said.get("corrected", 0) + said.get("papers", 0) + said.get("results", 0)
    return (
        batch.state == BatchState.CHECKED and not said["problems"] and not said["questions"] and changes > 0
    )


def set_columns(
    *,
    actor: Actor,
    batch: ImportBatch,
    columns: Sequence[ColumnUse],
    chosen_sheets: Sequence[str],
    study: str = "",
) -> ImportBatch:
    """Keep what the person said about the columns, and remember headings that were explained for the next file."""
    with transaction.atomic():
        locked = _locked(batch, BatchState.UPLOADED, BatchState.CHECKED)
        options = options_of(locked)
        _check_permission(actor, options)
        if options.mode == Mode.DISTRICT:
            _remember(options.columns, columns)
        changed = replace(
            options, columns=tuple(columns), sheets=tuple(chosen_sheets), study=study or options.study
        )
        locked.options, locked.state = changed.as_json(), BatchState.UPLOADED
        locked.save(update_fields=["options", "state"])
    return locked


def _remember(before: Sequence[ColumnUse], after: Sequence[ColumnUse]) -> None:
    from xuequ.kit.sheets.headings import plain_heading

    known = {column.index: (column.use, column.subject) for column in before}
    for column in after:
        heading = plain_heading(column.label)[:60]
        if heading and known.get(column.index) != (column.use, column.subject):
            HeadingAlias.objects.update_or_create(
                heading=heading, defaults={"use": column.use, "subject": column.subject}
            )


def check(*, actor: Actor, batch: ImportBatch) -> ImportBatch:
    """Read the whole file and compare it with the record; stores nothing but what the check found."""
    batch = ImportBatch.objects.get(pk=batch.pk)
    options = options_of(batch)
    _check_permission(actor, options)
    report_progress(0.05, _("Reading the file"))
    run = check_book(book_of(batch), options, actor, batch)
    with transaction.atomic():
        locked = _locked(batch, BatchState.UPLOADED, BatchState.CHECKED)
        locked.state = BatchState.CHECKED
        locked.summary = run.summary()
        locked.problems = run.shown_problems()
        locked.questions = [question.as_json() for question in run.questions]
        locked.save(update_fields=["state", "summary", "problems", "questions"])
    return locked


def answer(*, actor: Actor, batch: ImportBatch, choices: Mapping[str, str]) -> ImportBatch:
    """Keep whose rows the uncertain ones are (``sheet!row`` to the pupil's key, or ``skip``)."""
    with transaction.atomic():
        locked = _locked(batch, BatchState.CHECKED)
        options = options_of(locked)
        _check_permission(actor, options)
        asked = {item["key"]: {str(pk) for pk in item["candidates"]} | {"skip"} for item in locked.questions}
        given = {key: value for key, value in choices.items() if value in asked.get(key, ())}
        locked.options = replace(options, choices={**options.choices, **given}).as_json()
        locked.save(update_fields=["options"])
    return locked


def confirm(*, actor: Actor, batch: ImportBatch) -> ImportBatch:
    """Store the file's results in one transaction; a second confirmation of the same import changes nothing."""
    with transaction.atomic():
        locked = ImportBatch.objects.select_for_update().get(pk=batch.pk)
        if locked.state == BatchState.STORED:
            return locked
        locked = _locked(batch, BatchState.CHECKED)
        options = options_of(locked)
        _check_permission(actor, options)
        approvals.check_may_store(actor=actor, batch=locked)
        book = book_of(locked)
        run = check_book(book, options, actor, locked)
        if not run.may_be_stored:
            raise Refused(_why_not(run.problems, run.questions))
        if options.mode == Mode.STUDY:
            table = sheets.study_table(book, options)
            locked.study = studies.store_study(table, options, actor=actor, batch=locked)
        else:
            store_results(run, actor=actor, batch=locked)
        _close(locked, BatchState.STORED, run.summary())
        audit.record(actor, "import.stored", locked, {"added": run.added, "corrected": run.corrected})
    return locked


def _why_not(problems: Sequence[object], questions: Sequence[object]) -> str:
    if problems or questions:
        return _(
            "The record changed since the check, and the file no longer fits. Nothing was stored; check it again."
        )
    return _("Everything in this file is already in the record; nothing was changed.")


def _close(batch: ImportBatch, state: BatchState, summary: Mapping[str, object]) -> None:
    """Set the end state; the kept file and what named single rows go."""
    stored_file, batch.stored_file = batch.stored_file, ""
    batch.state, batch.summary = state, dict(summary)
    batch.problems, batch.questions = [], []
    batch.options = replace(options_of(batch), choices={}).as_json()
    if state == BatchState.STORED:
        batch.stored = clock.now()
    batch.save()
    if stored_file:
        transaction.on_commit(lambda: default_storage.delete(stored_file))


def discard(*, actor: Actor, batch: ImportBatch) -> None:
    """Remove an import that was never stored, with its file."""
    with transaction.atomic():
        locked = _locked(batch, BatchState.UPLOADED, BatchState.CHECKED)
        _check_permission(actor, options_of(locked))
        stored_file = locked.stored_file
        approvals.withdraw_request(actor=actor, batch=locked)
        audit.record(actor, "import.discarded", locked)
        locked.delete()
        transaction.on_commit(lambda: default_storage.delete(stored_file))


def undo(*, actor: Actor, batch: ImportBatch) -> ImportBatch:
    """Undo a stored import as a whole: what it had replaced comes back; a study is removed."""
    with transaction.atomic():
        locked = ImportBatch.objects.select_for_update().get(pk=batch.pk)
        if locked.state == BatchState.UNDONE:
            return locked
        locked = _locked(batch, BatchState.STORED)
        _check_permission(actor, options_of(locked))
        count = _undo_study(locked) if locked.study is not None else withdraw_results(locked)
        locked.state, locked.undone = BatchState.UNDONE, clock.now()
        locked.save(update_fields=["state", "undone", "study"])
        audit.record(actor, "import.undone", locked, {"rows": count})
    return locked


def _undo_study(batch: ImportBatch) -> int:
    study = batch.study
    assert study is not None
    if run := record.used_by_run(study):
        raise Refused(
            _(
                "The run “%(run)s” rests on this study, so it stays. Its findings would lose their ground otherwise."
            )
            % {"run": run.title}
        )
    count = batch.results.count()
    batch.study = None
    studies.remove_study(study)
    return count


def _locked(batch: ImportBatch, *states: BatchState) -> ImportBatch:
    locked = ImportBatch.objects.select_for_update().get(pk=batch.pk)
    if locked.state not in states:
        raise Refused(
            _("This import has moved on meanwhile (%(state)s); load the page again.")
            % {"state": locked.get_state_display()}
        )
    return locked
