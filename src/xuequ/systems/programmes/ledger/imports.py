"""Bringing in a ledger: upload and check, one question at most, store in one transaction, undo as a whole."""

import datetime as dt
import hashlib
from collections.abc import Mapping
from functools import partial
from pathlib import PurePath

from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _

from xuequ.core import audit, clock
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.files import check_upload
from xuequ.district.actors import Actor
from xuequ.district.models import School
from xuequ.kit.sheets.problems import fair_share
from xuequ.record.choices import BatchState
from xuequ.record.models import ImportBatch
from xuequ.systems.programmes import access
from xuequ.systems.programmes.ledger import storing
from xuequ.systems.programmes.ledger.comparing import Check, compare
from xuequ.systems.programmes.ledger.forms import kept_schools
from xuequ.systems.programmes.ledger.reading import read

KIND = "equipment"
SHOWN_PROBLEMS = 200
KEPT_UNDECIDED = dt.timedelta(days=30)
UNITS = ("yuan", "wan")


def may_import(actor: Actor) -> bool:
    """Whether the actor keeps some school's ledger."""
    return access.keeps_everything(actor) or bool(access.kept_ids(actor))


def upload(*, actor: Actor, file: File[bytes], school: School | None) -> ImportBatch:
    """Keep a file and check it; ``Refused`` says why it cannot be taken, and keeps nothing."""
    if not may_import(actor) or (school is not None and not access.keeps(actor, school)):
        raise Forbidden(_("You may not bring in the ledger of this school."))
    check_upload(file)
    file.seek(0)
    content = file.read()
    name = PurePath(file.name or "ledger").name[:200]
    options = {"school": str(school.uid) if school is not None else "", "unit": ""}
    check = _check(actor, content, name, options)
    with transaction.atomic():
        _remove_abandoned()
        batch = ImportBatch(
            kind=KIND,
            file_name=name,
            file_sha256=hashlib.sha256(content).hexdigest(),
            options=options,
            created_by_id=actor.account_id,
            created=clock.now(),
        )
        batch.stored_file = default_storage.save(
            f"imports/{batch.uid}{PurePath(name).suffix.lower()}", ContentFile(content)
        )
        _keep(batch, check)
        audit.record(actor, "programmes.import.uploaded", batch, {"rows": len(check.devices)})
    return batch


def _remove_abandoned() -> None:
    """Remove imports on which nobody decided for a month."""
    old = ImportBatch.objects.filter(
        kind=KIND, state=BatchState.CHECKED, created__lt=clock.now() - KEPT_UNDECIDED
    )
    for stored_file in list(old.values_list("stored_file", flat=True)):
        transaction.on_commit(partial(default_storage.delete, stored_file))
    old.delete()


def _keep(batch: ImportBatch, check: Check) -> None:
    batch.state, batch.summary = BatchState.CHECKED, check.summary()
    batch.problems = [item.as_json() for item in fair_share(check.problems, SHOWN_PROBLEMS)]
    batch.questions = [{"key": "unit", "examples": check.doubtful[:5]}] if check.doubtful else []
    batch.save()


def _content(batch: ImportBatch) -> bytes:
    with default_storage.open(batch.stored_file) as stream:
        content: bytes = stream.read()
    return content


def _locked(actor: Actor, batch: ImportBatch, *states: BatchState) -> ImportBatch:
    locked = ImportBatch.objects.select_for_update().get(pk=batch.pk, kind=KIND)
    if locked.state not in states:
        raise Refused(
            _("This import has moved on meanwhile (%(state)s); load the page again.")
            % {"state": locked.get_state_display()}
        )
    if not access.keeps_everything(actor) and locked.created_by_id != actor.account_id:
        raise Forbidden(_("This import is somebody else's."))
    return locked


def answer(*, actor: Actor, batch: ImportBatch, unit: str) -> ImportBatch:
    """Say whether sums without a unit are in 元 or 万元, and check again."""
    if unit not in UNITS:
        raise Refused(_("Choose 元 or 万元."))
    with transaction.atomic():
        locked = _locked(actor, batch, BatchState.CHECKED)
        locked.options = {**locked.options, "unit": unit}
        _keep(locked, _check(actor, _content(locked), locked.file_name, locked.options))
    return locked


def may_be_stored(batch: ImportBatch) -> bool:
    """Whether nothing is left to correct or to ask, and something would be added or changed."""
    said = batch.summary
    new = sum(said.get(name, 0) for name in ("rooms", "devices", "changed"))
    return batch.state == BatchState.CHECKED and not said["problems"] and not batch.questions and new > 0


def confirm(*, actor: Actor, batch: ImportBatch) -> ImportBatch:
    """Store the file in one transaction; confirmed a second time, it changes nothing.

    Where the ledger moved on since the check, nothing is stored and the page shows what would change now.
    """
    with transaction.atomic():
        current = ImportBatch.objects.select_for_update().get(pk=batch.pk, kind=KIND)
        if current.state == BatchState.STORED:
            return current
        locked = _locked(actor, batch, BatchState.CHECKED)
        check = _check(actor, _content(locked), locked.file_name, locked.options, lock=True)
        seen, now = locked.summary.get("digest"), check.summary()["digest"]
        if fits := not check.problems and not check.doubtful and seen == now:
            _finish(actor, locked, check)
        else:
            _keep(locked, check)
    if not fits:
        raise Refused(
            _(
                "The ledger changed since the check. Nothing was stored; look at what the file would change now."
            )
        )
    return locked


def _finish(actor: Actor, locked: ImportBatch, check: Check) -> None:
    if not check.does:
        raise Refused(_("Everything in this file is in the ledger already; nothing was changed."))
    summary = check.summary()  # before storing, while the rows are what they were
    storing.store(actor, locked, check)
    stored_file, locked.stored_file = locked.stored_file, ""
    locked.state, locked.stored = BatchState.STORED, clock.now()
    locked.summary, locked.problems, locked.questions = summary, [], []
    locked.save()
    counts = {"devices": len(check.devices), "changed": len(check.changes)}
    audit.record(actor, "programmes.import.stored", locked, counts)
    transaction.on_commit(partial(default_storage.delete, stored_file))


def discard(*, actor: Actor, batch: ImportBatch) -> None:
    """Remove an import that was never stored, with its file."""
    with transaction.atomic():
        locked = _locked(actor, batch, BatchState.CHECKED)
        stored_file = locked.stored_file
        audit.record(actor, "programmes.import.discarded", locked)
        locked.delete()
        transaction.on_commit(partial(default_storage.delete, stored_file))


def undo(*, actor: Actor, batch: ImportBatch) -> ImportBatch:
    """Take an import back as a whole; ``Refused`` where something of it has a history of its own by now."""
    with transaction.atomic():
        locked = _locked(actor, batch, BatchState.STORED)
        if storing.schools_of(locked) - set(kept_schools(actor).values_list("pk", flat=True)):
            raise Forbidden(_("You may not change the ledger of this school."))
        count = storing.take_back(locked)
        locked.state, locked.undone = BatchState.UNDONE, clock.now()
        locked.save(update_fields=["state", "undone"])
        audit.record(actor, "programmes.import.undone", locked, {"rows": count})
    return locked


def _check(
    actor: Actor, content: bytes, name: str, options: Mapping[str, str], *, lock: bool = False
) -> Check:
    """Read the file and compare it with the ledger; nothing is written."""
    reading = read(content, name, options["unit"])
    schools = list(kept_schools(actor))
    chosen = next((school for school in schools if str(school.uid) == options["school"]), None)
    return compare(reading, schools, chosen, unit=options["unit"], lock=lock)
