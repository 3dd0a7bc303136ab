"""The steps of a roster import: upload, say what the sheets are, check, answer, confirm, undo."""

import datetime as dt
import hashlib
from collections.abc import Mapping as Map
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import PurePath
from typing import IO, Any, cast

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _

from xuequ.core import audit, clock
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.files import check_upload
from xuequ.core.jobs.context import report_progress
from xuequ.core.search import indexing
from xuequ.district import journal, policy
from xuequ.district.actors import Actor
from xuequ.district.models import Change, District, School
from xuequ.kit.approvals import imports as approvals
from xuequ.kit.roster.checking import check_roster
from xuequ.kit.roster.content import Kind, RosterContent
from xuequ.kit.roster.fields import Use
from xuequ.kit.roster.layout import propose, propose_as
from xuequ.kit.roster.mappings import mapping, mappings
from xuequ.kit.roster.models import Mapping
from xuequ.kit.roster.options import Options, SheetUse
from xuequ.kit.roster.plan import DryRun
from xuequ.kit.roster.problems import Problem, Remark
from xuequ.kit.roster.reader import read_book
from xuequ.kit.roster.state import subject_reader
from xuequ.kit.roster.storing import store_roster
from xuequ.kit.sheets.problems import SheetRefused
from xuequ.kit.sheets.reading import Book
from xuequ.kit.sheets.reading import read_book as read_cells
from xuequ.record.choices import BatchState
from xuequ.record.models import ImportBatch

KIND = "roster"
KEPT_UNDECIDED = dt.timedelta(days=30)
ARCHIVE = ".zip"
ONEROSTER = "xuequ.kit.roster.oneroster"


def may_import(actor: Actor) -> bool:
    """Whether the actor keeps the roster of some school."""
    return policy.keeps_roster_everywhere(actor) or bool(actor.schools_of(policy.ROSTER_KEEPERS))


def own_schools(actor: Actor) -> Any:
    """Return the schools whose roster the actor keeps."""
    return School.objects.filter(policy.roster_schools(actor)).order_by("code")


def _check_permission(actor: Actor) -> None:
    if not may_import(actor):
        raise Forbidden(_("You may not bring in a roster."))


def upload(*, actor: Actor, file: File[bytes], options: Options) -> ImportBatch:
    """Keep a file and propose what its sheets are; ``Refused`` says why a file cannot be taken, and keeps nothing."""
    _check_permission(actor)
    file_name = PurePath(file.name or "roster").name[:200]
    if is_archive(file_name):
        _check_archive(file)
    else:
        check_upload(file)
    file.seek(0)
    content = file.read()
    proposed, rows = propose_sheets(content, file_name, options)
    with transaction.atomic():
        _remove_abandoned()
        batch = ImportBatch(
            kind=KIND,
            file_name=file_name,
            file_sha256=hashlib.sha256(content).hexdigest(),
            options=proposed.as_json(),
            summary={"rows": rows},
            created_by_id=actor.account_id,
            created=clock.now(),
        )
        batch.stored_file = default_storage.save(
            f"imports/{batch.uid}{PurePath(file_name).suffix.lower()}", ContentFile(content)
        )
        batch.save()
        audit.record(actor, "import.uploaded", batch, {"kind": KIND, "rows": rows})
    return batch


def _check_archive(file: File[bytes]) -> None:
    limit = settings.XUEQU_UPLOAD_LIMIT
    if find_spec(ONEROSTER) is None:
        raise Refused(
            _("Archives (.zip) are not taken here; choose a workbook (.xlsx) or a text file (.csv).")
        )
    if file.size > limit:
        raise Refused(_("The archive has more than the %(limit)d MB allowed.") % {"limit": limit // 1024**2})


def _read_archive(content: bytes, file_name: str, options: Options) -> RosterContent:
    """Read an archive by the reader of its format, which refuses what it does not know."""
    read = import_module(ONEROSTER).read
    found: RosterContent = read(content, file_name, options)
    if options.complete:
        found.complete = frozenset({Kind.PUPILS, Kind.TEACHERS, Kind.TEACHING, Kind.GUARDIANS})
    return found


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


def propose_sheets(content: bytes, file_name: str, options: Options) -> tuple[Options, int]:
    """Return the options with what each sheet and column probably is, and the number of rows that are read.

    Refused when no sheet is part of a roster.
    """
    if is_archive(file_name):
        return options, _read_archive(content, file_name, options).count
    wanted = mapping(options.mapping) if options.mapping else None
    known = mappings()
    found = [propose(sheet, known, wanted) for sheet in read_cells(content, file_name).sheets]
    uses = [_completed(use, options) for use, _is_scores in found]
    if all(use.use == Use.NOTHING for use in uses):
        scores = any(is_scores for _use, is_scores in found)
        raise SheetRefused(Problem("score-book" if scores else "no-roster-sheet"))
    found_options = replace(options, sheets=tuple(uses))
    return found_options, sum(sheet.rows for sheet in found_options.read_sheets())


def is_archive(file_name: str) -> bool:
    """Whether a file is an archive in a format of its own, whose columns nobody needs to explain."""
    return PurePath(file_name).suffix.lower() == ARCHIVE


def _completed(use: SheetUse, options: Options) -> SheetUse:
    return replace(use, complete=options.complete and use.use not in {Use.NOTHING, Use.SCHOOLS, Use.CLASSES})


def options_of(batch: ImportBatch) -> Options:
    """Return what has been said about the file."""
    return Options.from_json(batch.options)


def _bytes_of(batch: ImportBatch) -> bytes:
    with default_storage.open(batch.stored_file) as stream:
        return cast(IO[bytes], stream).read()


def book_of(batch: ImportBatch) -> Book:
    """Read the kept file again."""
    return read_cells(_bytes_of(batch), batch.file_name)


def content_of(batch: ImportBatch) -> RosterContent:
    """Read the kept file as its options say, whatever its format."""
    options = options_of(batch)
    if is_archive(batch.file_name):
        return _read_archive(_bytes_of(batch), batch.file_name, options)
    return read_book(book_of(batch), batch.file_name, options, subject_reader())


def use_as(batch: ImportBatch, sheet: str, use: Use, mapping_uid: str) -> SheetUse:
    """Return the columns of a sheet that somebody says to hold something else than was proposed."""
    page = next(page for page in book_of(batch).sheets if page.name == sheet)
    return propose_as(page, use, mapping(mapping_uid) if mapping_uid else None)


def set_sheets(*, actor: Actor, batch: ImportBatch, sheets: Sequence[SheetUse]) -> ImportBatch:
    """Keep what the person said about the sheets; the file is to be checked again."""
    _check_permission(actor)
    with transaction.atomic():
        locked = _locked(batch, BatchState.UPLOADED, BatchState.CHECKED)
        options = replace(options_of(locked), sheets=tuple(sheets))
        locked.options, locked.state = options.as_json(), BatchState.UPLOADED
        locked.summary = {"rows": sum(sheet.rows for sheet in options.read_sheets())}
        locked.problems, locked.questions, locked.examples = [], [], {}
        locked.save(update_fields=["options", "state", "summary", "problems", "questions", "examples"])
    return locked


def check(*, actor: Actor, batch: ImportBatch) -> ImportBatch:
    """Read the whole file and compare it with the roster; stores nothing but what the check found."""
    _check_permission(actor)
    batch = ImportBatch.objects.get(pk=batch.pk)
    report_progress(0.05, _("Reading the file"))
    run = _checked(batch, actor)
    with transaction.atomic():
        locked = _locked(batch, BatchState.UPLOADED, BatchState.CHECKED)
        locked.state = BatchState.CHECKED
        locked.summary = run.summary()
        locked.problems = run.shown_problems()
        locked.questions = [question.as_json() for question in run.questions]
        locked.examples = run.shown_examples()
        locked.save(update_fields=["state", "summary", "problems", "questions", "examples"])
    return locked


def _checked(batch: ImportBatch, actor: Actor) -> DryRun:
    options = options_of(batch)
    run = check_roster(content_of(batch), options, actor)
    before = ImportBatch.objects.filter(
        kind=KIND, file_sha256=batch.file_sha256, state=BatchState.STORED
    ).exclude(pk=batch.pk)
    if (same := before.first()) is not None and same.stored is not None:
        run.remarks.insert(0, Remark("same-file", {"text": f"{same.stored:%Y-%m-%d}"}))
    return run


def may_be_confirmed(batch: ImportBatch) -> bool:
    """Whether the last check left nothing to correct or to ask, and something to store."""
    said = batch.summary
    changes = sum(sum(said.get(action, {}).values()) for action in ("added", "changed", "removed"))
    return (
        batch.state == BatchState.CHECKED and not said["problems"] and not said["questions"] and changes > 0
    )


def answer(*, actor: Actor, batch: ImportBatch, choices: Map[str, str]) -> ImportBatch:
    """Keep whom uncertain rows mean (``sheet!cell`` to a primary key, ``new`` or ``skip``)."""
    _check_permission(actor)
    with transaction.atomic():
        locked = _locked(batch, BatchState.CHECKED)
        options = options_of(locked)
        asked = {q["key"]: {"new", "skip", *map(str, q["candidates"])} for q in locked.questions}
        given = {key: value for key, value in choices.items() if value in asked.get(key, ())}
        locked.options = replace(options, choices={**options.choices, **given}).as_json()
        locked.save(update_fields=["options"])
    return locked


def confirm(*, actor: Actor, batch: ImportBatch, agreed: bool = False) -> ImportBatch:
    """Store the roster in one transaction; a second confirmation changes nothing.

    ``agreed``: the person has seen that more than a tenth of a table is taken out, and wants that.
    """
    _check_permission(actor)
    with transaction.atomic():
        locked = ImportBatch.objects.select_for_update().get(pk=batch.pk)
        if locked.state == BatchState.STORED:
            return locked
        locked = _locked(batch, BatchState.CHECKED)
        approvals.check_may_store(actor=actor, batch=locked)
        # Two writers of the roster go one after the other, so that neither overlooks the other's people.
        District.objects.select_for_update().order_by("pk").first()
        run = _checked(locked, actor)
        _refuse_unless(run, agreed)
        store_roster(run.plan, locked)
        _close(locked, run)
        audit.record(actor, "roster.stored", locked, _counts(run))
    return locked


def index_stored(batch: ImportBatch) -> int:
    """Make the people and schools of a stored import findable; by itself, so that storing is not kept waiting."""
    people, schools = set(), set()
    for step in Change.objects.filter(operation=batch.uid):
        if step.table == "district.person":
            people.update(step.keys)
        elif step.table == "district.school":
            schools.update(step.keys)
        if step.person_id is not None:
            people.add(step.person_id)
    with transaction.atomic():
        indexing.index_people(people)
        indexing.index_rows("school", schools)
    return len(people)


def _counts(run: DryRun) -> dict[str, Any]:
    return {action: run.counts(action) for action in ("added", "changed", "removed")}


def _refuse_unless(run: DryRun, agreed: bool) -> None:
    if run.problems or run.questions:
        raise Refused(
            _(
                "The roster changed since the check, and the file no longer fits. Nothing was stored; check it again."
            )
        )
    if not run.changes:
        raise Refused(_("Everything in this file is already in the roster; nothing was changed."))
    if run.much_removed() and not agreed:
        raise Refused(
            _("More than a tenth of a list would be taken out. Tick that this is meant; nothing was stored.")
        )


def _close(batch: ImportBatch, run: DryRun) -> None:
    """Set the end state; the kept file and what named single rows go."""
    stored_file, batch.stored_file = batch.stored_file, ""
    batch.state, batch.stored = BatchState.STORED, clock.now()
    batch.summary = run.summary()
    batch.problems, batch.questions, batch.examples = [], [], {}
    batch.options = replace(options_of(batch), choices={}).as_json()
    batch.save()
    if stored_file:
        transaction.on_commit(lambda: default_storage.delete(stored_file))


def discard(*, actor: Actor, batch: ImportBatch) -> None:
    """Remove an import that was never stored, with its file."""
    _check_permission(actor)
    with transaction.atomic():
        locked = _locked(batch, BatchState.UPLOADED, BatchState.CHECKED)
        stored_file = locked.stored_file
        approvals.withdraw_request(actor=actor, batch=locked)
        audit.record(actor, "import.discarded", locked, {"kind": KIND})
        locked.delete()
        transaction.on_commit(lambda: default_storage.delete(stored_file))


def undo(*, actor: Actor, batch: ImportBatch) -> ImportBatch:
    """Take a stored import back as a whole; refused when something was changed or rests on it since."""
    _check_permission(actor)
    with transaction.atomic():
        locked = ImportBatch.objects.select_for_update().get(pk=batch.pk)
        if locked.state == BatchState.UNDONE:
            return locked
        locked = _locked(batch, BatchState.STORED)
        District.objects.select_for_update().order_by("pk").first()
        if not Change.objects.filter(operation=locked.uid).exists():
            raise Refused(_("It is no longer known what this import changed, so it cannot be undone."))
        counts = journal.undo(locked.uid)
        locked.state, locked.undone = BatchState.UNDONE, clock.now()
        locked.save(update_fields=["state", "undone"])
        audit.record(actor, "roster.undone", locked, {"rows": sum(counts.values())})
    return locked


def _locked(batch: ImportBatch, *states: BatchState) -> ImportBatch:
    locked = ImportBatch.objects.select_for_update().get(pk=batch.pk)
    if locked.state not in states:
        raise Refused(
            _("This import has moved on meanwhile (%(state)s); load the page again.")
            % {"state": locked.get_state_display()}
        )
    return locked


def save_mapping(
    *, actor: Actor, name: str, kind: str, headings: Map[str, str], sheet: str = "", notes: str = "",
    unverified: bool = True, found: Mapping | None = None,
) -> Mapping:  # fmt: skip
    """Keep a mapping: the office's own is changed; a shipped one stays as it is and a copy is made under ``name``."""
    if not policy.keeps_roster_everywhere(actor):
        raise Forbidden(_("Mappings are kept by the district's data office."))
    own = found if found is not None and not found.is_built_in else None
    others = Mapping.objects.exclude(pk=own.pk) if own is not None else Mapping.objects.all()
    if others.filter(name=name).exists() or any(
        item.name == name and item.is_built_in for item in mappings()
    ):
        raise Refused(
            _("There is already a mapping called “%(name)s”; choose another name.") % {"name": name}
        )
    row = own or Mapping(built_in=found.built_in if found is not None else "", created_by_id=actor.account_id)
    row.name, row.kind, row.headings = name, kind, dict(headings)
    row.sheet, row.notes, row.unverified, row.changed = sheet, notes, unverified, clock.now()
    with transaction.atomic():
        row.save()
        audit.record(actor, "mapping.saved", row, {"kind": kind, "headings": len(row.headings)})
    return row


def delete_mapping(*, actor: Actor, found: Mapping) -> None:
    """Remove a mapping that an office has made."""
    if not policy.keeps_roster_everywhere(actor):
        raise Forbidden(_("Mappings are kept by the district's data office."))
    if found.is_built_in:
        raise Refused(_("Shipped mappings stay; copy one and change the copy."))
    with transaction.atomic():
        audit.record(actor, "mapping.deleted", found)
        found.delete()
