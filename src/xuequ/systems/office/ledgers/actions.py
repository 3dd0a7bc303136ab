"""The steps of a ledger's import: upload and check, store and publish in one transaction, undo as a whole."""

import datetime as dt
import hashlib
from collections.abc import Iterable
from functools import partial
from pathlib import PurePath
from uuid import UUID

from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _

from xuequ.core import audit, clock
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.files import check_upload
from xuequ.district import journal
from xuequ.district.actors import Actor
from xuequ.district.journal import Journal, snapshot
from xuequ.district.models import SchoolYear
from xuequ.kit.sheets.problems import fair_share
from xuequ.kit.sheets.reading import Book, read_book
from xuequ.record.choices import BatchState
from xuequ.record.models import ImportBatch
from xuequ.systems.office.ledgers.problems import Remark
from xuequ.systems.office.ledgers.queries import KIND, may_keep
from xuequ.systems.office.ledgers.reading import Line, Reading, by_place, read, stored_months
from xuequ.systems.office.ledgers.years import year_values
from xuequ.systems.office.models import LedgerMonth
from xuequ.systems.office.process import publish_ledgers

MOST_SHOWN = 200
KEPT_UNDECIDED = dt.timedelta(days=30)
FIELDS = ("pupils", "days", "attendance", "books", "batch_id")


def _check_permission(actor: Actor) -> None:
    if not may_keep(actor):
        raise Forbidden(_("You may not bring in ledgers."))


def upload(*, actor: Actor, file: File[bytes], year: SchoolYear) -> ImportBatch:
    """Keep a file and check it; ``Refused`` says why it cannot be taken, and keeps nothing."""
    _check_permission(actor)
    check_upload(file)
    file.seek(0)
    content = file.read()
    name = PurePath(file.name or "ledger").name[:200]
    reading = read(read_book(content, name), year, actor.day)
    with transaction.atomic():
        _remove_abandoned()
        batch = ImportBatch(
            kind=KIND,
            file_name=name,
            file_sha256=hashlib.sha256(content).hexdigest(),
            options={"year": year.code},
            created_by_id=actor.account_id,
            created=clock.now(),
        )
        suffix = PurePath(name).suffix.lower()
        batch.stored_file = default_storage.save(f"imports/{batch.uid}{suffix}", ContentFile(content))
        _keep(batch, reading)
        audit.record(actor, "import.uploaded", batch, {"kind": KIND})
    return batch


def _remove_abandoned() -> None:
    """Remove imports on which nobody decided for a month."""
    limit = clock.now() - KEPT_UNDECIDED
    old = ImportBatch.objects.filter(kind=KIND, state=BatchState.CHECKED, created__lt=limit)
    for stored_file in list(old.values_list("stored_file", flat=True)):
        transaction.on_commit(partial(default_storage.delete, stored_file))
    old.delete()


def _keep(batch: ImportBatch, reading: Reading) -> None:
    before = ImportBatch.objects.filter(kind=KIND, file_sha256=batch.file_sha256, state=BatchState.STORED)
    same = before.exclude(pk=batch.pk).first()
    if same is not None and same.stored is not None:
        reading.remarks.insert(0, Remark("same-file", {"day": f"{same.stored:%Y-%m-%d}"}))
    batch.state = BatchState.CHECKED
    batch.problems = [one.as_json() for one in fair_share(reading.problems, MOST_SHOWN)]
    batch.summary = {
        "rows": reading.rows,
        "months": len(reading.lines),
        "schools": len({line.school for line in reading.lines}),
        "problems": len(reading.problems),
        "remarks": [one.as_json() for one in reading.remarks],
    }
    batch.save()


def year_of(batch: ImportBatch) -> SchoolYear:
    """Return the school year of a file."""
    return SchoolYear.objects.get(code=batch.options["year"])


def may_be_stored(batch: ImportBatch) -> bool:
    """Whether the check left nothing to correct, and something to store."""
    return batch.state == BatchState.CHECKED and not batch.problems and batch.summary["months"] > 0


def confirm(*, actor: Actor, batch: ImportBatch) -> ImportBatch:
    """Store the months and publish the year anew, in one transaction; a second confirmation changes nothing."""
    _check_permission(actor)
    with transaction.atomic():
        locked = ImportBatch.objects.select_for_update().get(pk=batch.pk, kind=KIND)
        if locked.state == BatchState.STORED:
            return locked
        _expect(locked, BatchState.CHECKED)
        year = _locked_year(locked)
        reading = read(_book(locked), year, actor.day)
        if reading.problems or not reading.lines:
            raise Refused(
                _("The district changed since the check, and the file no longer fits; check it again.")
            )
        counts = store(year=year, lines=reading.lines, operation=locked.uid, batch=locked)
        publish(actor=actor, year=year)
        _close(locked, counts)
        audit.record(actor, "ledgers.stored", locked, counts)
    return locked


def _locked_year(batch: ImportBatch) -> SchoolYear:
    """Return the file's school year, locked: the months of a year are stored and published by one writer at a time."""
    return SchoolYear.objects.select_for_update().get(code=batch.options["year"])


def _book(batch: ImportBatch) -> Book:
    with default_storage.open(batch.stored_file) as stream:
        return read_book(stream.read(), batch.file_name)


def store(
    *, year: SchoolYear, lines: Iterable[Line], operation: UUID, batch: ImportBatch | None
) -> dict[str, int]:
    """Add the months and change those that are there, with a journal; what a line leaves empty stays as it is."""
    known = by_place(stored_months(year))
    new, changed = [], []
    for line in lines:
        row = known.get(line.place)
        if row is None:
            new.append(_row(line, batch))
        else:
            before = snapshot(row, FIELDS)
            _correct(row, line, batch)
            changed.append((row, before))
    with Journal(operation) as steps:
        LedgerMonth.objects.bulk_create(new, batch_size=500)
        steps.added(LedgerMonth, [row.pk for row in new])
        steps.update(changed)
    return {"added": len(new), "changed": len(changed)}


def _row(line: Line, batch: ImportBatch | None) -> LedgerMonth:
    return LedgerMonth(
        school_id=line.school,
        school_class_id=line.school_class,
        month=line.month,
        pupils=line.pupils,
        days=line.days,
        attendance=line.attendance,
        books=line.books,
        batch=batch,
    )


def _correct(row: LedgerMonth, line: Line, batch: ImportBatch | None) -> None:
    row.pupils, row.batch = line.pupils, batch
    for name in ("days", "attendance", "books"):
        if (given := getattr(line, name)) is not None:
            setattr(row, name, given)


def publish(*, actor: Actor, year: SchoolYear) -> None:
    """Publish what all stored months of a school year come to; what was published of it before ends."""
    publish_ledgers(actor=actor, period=year.code, values=year_values(stored_months(year)))


def _close(batch: ImportBatch, counts: dict[str, int]) -> None:
    stored_file, batch.stored_file = batch.stored_file, ""
    batch.state, batch.stored = BatchState.STORED, clock.now()
    batch.summary = {**batch.summary, **counts}
    batch.save()
    transaction.on_commit(partial(default_storage.delete, stored_file))


def discard(*, actor: Actor, batch: ImportBatch) -> None:
    """Remove an import that was never stored, with its file."""
    _check_permission(actor)
    with transaction.atomic():
        locked = ImportBatch.objects.select_for_update().get(pk=batch.pk, kind=KIND)
        _expect(locked, BatchState.CHECKED)
        audit.record(actor, "import.discarded", locked, {"kind": KIND})
        stored_file = locked.stored_file
        locked.delete()
        transaction.on_commit(partial(default_storage.delete, stored_file))


def undo(*, actor: Actor, batch: ImportBatch) -> ImportBatch:
    """Take a stored ledger back as a whole and publish the year without it; refused when a month was changed since."""
    _check_permission(actor)
    with transaction.atomic():
        locked = ImportBatch.objects.select_for_update().get(pk=batch.pk, kind=KIND)
        if locked.state == BatchState.UNDONE:
            return locked
        _expect(locked, BatchState.STORED)
        year = _locked_year(locked)
        _refuse_corrected(locked)
        journal.undo(locked.uid)
        publish(actor=actor, year=year)
        locked.state, locked.undone = BatchState.UNDONE, clock.now()
        locked.save(update_fields=["state", "undone"])
        audit.record(actor, "ledgers.undone", locked, {"months": locked.summary["months"]})
    return locked


def _refuse_corrected(batch: ImportBatch) -> None:
    """Refuse when a later file changed a month that this one brought: undoing would take the later number along."""
    left = LedgerMonth.objects.filter(batch=batch).count()
    later = batch.summary["added"] + batch.summary["changed"] - left
    if later:
        raise Refused(
            _("%(n)s months of this file were changed by a later one; take that back first.") % {"n": later}
        )


def _expect(batch: ImportBatch, state: BatchState) -> None:
    if batch.state != state:
        raise Refused(
            _("This import has moved on meanwhile (%(state)s); load the page again.")
            % {"state": batch.get_state_display()}
        )
