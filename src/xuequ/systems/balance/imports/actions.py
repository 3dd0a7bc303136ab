"""The steps of an import: upload, say what the columns hold, check, answer, store, undo."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
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
from xuequ.district.actors import Actor
from xuequ.district.models import School, SchoolYear
from xuequ.kit.sheets.problems import SheetRefused, fair_share
from xuequ.kit.sheets.reading import Book as Cells
from xuequ.kit.sheets.reading import read_book
from xuequ.record.choices import BatchState
from xuequ.record.models import ImportBatch
from xuequ.systems.balance import queries
from xuequ.systems.balance.access import keeps
from xuequ.systems.balance.book import Book, SchoolPlace
from xuequ.systems.balance.choices import OPEN, Source, ValueState
from xuequ.systems.balance.imports.checking import DryRun, check
from xuequ.systems.balance.imports.layout import ColumnUse, Layout, proposed
from xuequ.systems.balance.imports.problems import Problem, Remark
from xuequ.systems.balance.models import Mapping as NamedLayout
from xuequ.systems.balance.models import Value
from xuequ.systems.balance.values.actions import last_book, store, take_known
from xuequ.systems.balance.values.knowing import known_values

KIND = "balance"
MOST_SHOWN = 200


def _check_permission(actor: Actor) -> None:
    if not (keeps(actor) or actor.is_system):
        raise Forbidden(_("You may not bring in the statistics table."))


def upload(
    *, actor: Actor, file: File[bytes], year: SchoolYear, named: NamedLayout | None = None
) -> ImportBatch:
    """Keep a file and propose what its columns hold; ``Refused`` says why a file cannot be taken."""
    _check_permission(actor)
    check_upload(file)
    file.seek(0)
    content = file.read()
    name = PurePath(file.name or "table").name[:200]
    layout = proposed(read_book(content, name), named)
    with transaction.atomic():
        batch = ImportBatch(
            kind=KIND, file_name=name, file_sha256=hashlib.sha256(content).hexdigest(),
            options={"year": year.code, "layout": layout.as_json(), "answers": {}},
            created_by_id=actor.account_id, created=clock.now(),
        )  # fmt: skip
        suffix = PurePath(name).suffix.lower()
        batch.stored_file = default_storage.save(f"imports/{batch.uid}{suffix}", ContentFile(content))
        batch.save()
        audit.record(actor, "import.uploaded", batch, {"kind": KIND})
    return check_batch(actor=actor, batch=batch)


def layout_of(batch: ImportBatch) -> Layout:
    """What has been said about the columns."""
    return Layout.from_json(batch.options["layout"])


def year_of(batch: ImportBatch) -> SchoolYear:
    """The year whose figures the file holds."""
    return SchoolYear.objects.get(code=batch.options["year"])


def cells_of(batch: ImportBatch) -> Cells:
    """Read the kept file again."""
    with default_storage.open(batch.stored_file) as stream:
        return read_book(cast(IO[bytes], stream).read(), batch.file_name)


def set_columns(
    *, actor: Actor, batch: ImportBatch, columns: "tuple[ColumnUse, ...]", remember_as: str = ""
) -> ImportBatch:
    """Keep what the person said about the columns, by a name if one was given, and check again."""
    _check_permission(actor)
    with transaction.atomic():
        locked = _locked(batch, BatchState.UPLOADED, BatchState.CHECKED)
        layout = replace(layout_of(locked), columns=columns)
        locked.options = {**locked.options, "layout": layout.as_json(), "answers": {}}
        locked.save(update_fields=["options"])
        if remember_as.strip():
            remember(actor=actor, name=remember_as.strip(), layout=layout)
    return check_batch(actor=actor, batch=locked)


def remember(*, actor: Actor, name: str, layout: Layout) -> NamedLayout:
    """Keep a layout under a name; the same name again changes it."""
    headings = {
        one.heading: f"{one.use}@{one.unit}" if one.unit else one.use
        for one in layout.columns
        if one.heading and one.use
    }
    row, _made = NamedLayout.objects.update_or_create(
        name=name[:80],
        defaults={"headings": headings, "entered": clock.now(), "entered_by_id": actor.account_id},
    )
    audit.record(actor, "balance.layout.saved", row)
    return row


def check_batch(*, actor: Actor, batch: ImportBatch) -> ImportBatch:
    """Read the whole file and compare it with the district; stores nothing but what the check found."""
    _check_permission(actor)
    run, names = _checked(batch, actor)
    with transaction.atomic():
        locked = _locked(batch, BatchState.UPLOADED, BatchState.CHECKED)
        locked.state = BatchState.CHECKED
        locked.problems = [one.as_json() for one in fair_share(run.problems, MOST_SHOWN)]
        locked.questions = run.questions(names)
        locked.summary = {
            "rows": run.rows, "schools": len(run.schools), "values": len(run.given), "problems": len(run.problems),
            "remarks": [one.as_json() for one in run.remarks],
        }  # fmt: skip
        locked.save(update_fields=["state", "problems", "questions", "summary"])
    return locked


def _checked(batch: ImportBatch, actor: Actor) -> "tuple[DryRun, dict[int, str]]":
    layout, year = layout_of(batch), year_of(batch)
    sheet = next((one for one in cells_of(batch).sheets if one.name == layout.sheet), None)
    if sheet is None:
        raise SheetRefused(Problem("unreadable"))
    book = _with_roster(queries.book_of(year), year, actor)
    run = check(sheet, layout, book, last_book(year, book), _lookup(), batch.options["answers"])
    before = ImportBatch.objects.filter(kind=KIND, file_sha256=batch.file_sha256, state=BatchState.STORED)
    same = before.exclude(pk=batch.pk).first()
    if same is not None and same.stored is not None:
        run.remarks.insert(0, Remark("same-file", {"day": f"{same.stored:%Y-%m-%d}"}))
    return run, {school.pk: school.name for school in book.schools}


def _with_roster(book: Book, year: SchoolYear, actor: Actor) -> Book:
    """The book as it is once the roster is counted: a check compares with it and stores nothing."""
    counted = known_values(year, actor.day, queries.judged_schools())
    return book.changed(
        {(one.school_id, one.part, one.fact): one.number for one in counted if one.source == Source.ROSTER}
    )


def _lookup() -> dict[str, SchoolPlace | None]:
    """Names, short names and codes of the district's schools; None for a school that the rules do not judge."""
    found: dict[str, SchoolPlace | None] = {}
    judged = {school.pk: queries.place_of(school) for school in queries.judged_schools()}
    for school in School.objects.filter(study=None).order_by("-campus_of", "code"):
        place = judged.get(school.campus_of_id or school.pk) if school.campus_of_id is None else None
        for word in (school.code, school.short_name, school.name):
            if word:
                found[word] = place
    return found


def may_be_stored(batch: ImportBatch) -> bool:
    """Whether the last check left nothing to correct, and something to store; open questions are put to the schools."""
    return batch.state == BatchState.CHECKED and not batch.problems and batch.summary.get("values", 0) > 0


def answer(*, actor: Actor, batch: ImportBatch, answers: Mapping[str, str]) -> ImportBatch:
    """Keep what was answered about units (``as-is``, ``other``, ``ask`` the school), and check again."""
    _check_permission(actor)
    with transaction.atomic():
        locked = _locked(batch, BatchState.CHECKED)
        asked = {question["key"] for question in locked.questions}
        given = {k: v for k, v in answers.items() if k in asked and v in ("as-is", "other", "ask")}
        locked.options = {**locked.options, "answers": {**locked.options["answers"], **given}}
        locked.save(update_fields=["options"])
    return check_batch(actor=actor, batch=locked)


def confirm(*, actor: Actor, batch: ImportBatch) -> ImportBatch:
    """Store the table in one transaction; a second confirmation changes nothing."""
    _check_permission(actor)
    with transaction.atomic():
        locked = ImportBatch.objects.select_for_update().get(pk=batch.pk)
        if locked.state == BatchState.STORED:
            return locked
        locked = _locked(batch, BatchState.CHECKED)
        run, _names = _checked(locked, actor)
        if run.problems:
            raise Refused(
                _("The district changed since the check, and the file no longer fits; check it again.")
            )
        if not run.given:
            raise Refused(_("There is nothing to store in this file."))
        year = year_of(locked)
        take_known(actor=actor, year=year)
        count = store(
            actor=actor, year=year, given=run.given, source=Source.STATISTICS, day=year.start, batch=locked
        )
        _close(locked, count)
        audit.record(actor, "balance.values.imported", locked, {"values": count})
    return locked


def _close(batch: ImportBatch, count: int) -> None:
    stored_file, batch.stored_file = batch.stored_file, ""
    batch.state, batch.stored = BatchState.STORED, clock.now()
    batch.summary = {**batch.summary, "stored": count}
    batch.save()
    if stored_file:
        transaction.on_commit(partial(default_storage.delete, stored_file))


def discard(*, actor: Actor, batch: ImportBatch) -> None:
    """Remove an import that was never stored, with its file."""
    _check_permission(actor)
    with transaction.atomic():
        locked = _locked(batch, BatchState.UPLOADED, BatchState.CHECKED)
        stored_file = locked.stored_file
        audit.record(actor, "import.discarded", locked, {"kind": KIND})
        locked.delete()
        transaction.on_commit(partial(default_storage.delete, stored_file))


def undo(*, actor: Actor, batch: ImportBatch) -> ImportBatch:
    """Take a stored table back as a whole: what it replaced counts again; refused when something was changed since."""
    _check_permission(actor)
    with transaction.atomic():
        locked = ImportBatch.objects.select_for_update().get(pk=batch.pk)
        if locked.state == BatchState.UNDONE:
            return locked
        locked = _locked(batch, BatchState.STORED)
        rows = list(Value.objects.select_for_update().filter(batch=locked))
        still = {ValueState.IN_FORCE, *OPEN}
        changed = [row for row in rows if row.state not in still]
        if changed:
            raise Refused(
                _("%(n)s figures of this file were changed since; correct single figures instead.")
                % {"n": len(changed)}
            )
        counted = [row for row in rows if row.state == ValueState.IN_FORCE]
        Value.objects.filter(pk__in=[row.pk for row in rows]).update(state=ValueState.UNDONE)
        older = [row.corrects_id for row in counted if row.corrects_id is not None]
        Value.objects.filter(pk__in=older, state=ValueState.REPLACED).update(state=ValueState.IN_FORCE)
        locked.state, locked.undone = BatchState.UNDONE, clock.now()
        locked.save(update_fields=["state", "undone"])
        audit.record(actor, "balance.values.undone", locked, {"values": len(rows)})
    return locked


def _locked(batch: ImportBatch, *states: BatchState) -> ImportBatch:
    locked = ImportBatch.objects.select_for_update().get(pk=batch.pk, kind=KIND)
    if locked.state not in states:
        raise Refused(
            _("This import has moved on meanwhile (%(state)s); load the page again.")
            % {"state": locked.get_state_display()}
        )
    return locked
