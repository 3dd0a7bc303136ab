"""What may be done with a collection: the district's steps and the schools'."""

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import PurePath

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from xuequ.core import audit, clock
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.files import keep
from xuequ.district import policy
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import School
from xuequ.kit.collection import proposal, queries, workbook
from xuequ.kit.collection.choices import CollectionState, Shape, SheetState, Use
from xuequ.kit.collection.content import SINGLE, Answer, Content, Line
from xuequ.kit.collection.filling import Mark, read_mark
from xuequ.kit.collection.knowing import fill_known, fill_suggested
from xuequ.kit.collection.layout import Layout, difference
from xuequ.kit.collection.models import Collection, LayoutVersion, SchoolSheet
from xuequ.kit.collection.splitting import ReadBack, read_school_book, rows_given, school_book
from xuequ.kit.collection.values import breaches, read
from xuequ.kit.notices import actions as notices

MOST_LINES = 2_000
OPEN = (SheetState.TO_DO, SheetState.RETURNED)
ASKED = gettext_noop("“%(title)s” is to be filled in for your school.")
RETURNED = gettext_noop("“%(title)s” was returned for correction.")
TO_CONFIRM = gettext_noop("“%(title)s” waits for your confirmation.")


# The page of the one system in which schools answer.
SHEET_PAGE = "office:collection-sheet"


class Stale(Refused):
    """Somebody else has saved the answer meanwhile."""


def needs_head(collection: Collection) -> bool:
    """Whether the head of school confirms before the district takes an answer."""
    return collection.head_confirms


def _leads(actor: Actor) -> None:
    if not policy.collects(actor):
        raise Forbidden(_("Only the district's officers collect figures from schools."))


# The district prepares.


def upload(*, actor: Actor, file: File[bytes]) -> Collection:
    """Keep an upper unit's workbook and propose how it is meant; ``Refused`` says why it cannot be taken."""
    _leads(actor)
    name = PurePath(file.name or "collection.xlsx").name[:200]
    opened = workbook.take(file)
    layout = proposal.propose(workbook.load(opened.content), _school_names())
    if not layout.answers:
        raise Refused(
            _("No table and no blank to be filled was found. Check that the file is the empty form itself.")
        )
    file.seek(0)
    original = file.read()
    with transaction.atomic():
        collection = Collection.objects.create(
            title=(layout.title or PurePath(name).stem)[:160],
            file_name=name,
            original=keep("collections", PurePath(name).suffix.lower(), original),
            workbook=keep("collections", ".xlsx", opened.content),
            file_sha256=hashlib.sha256(original).hexdigest(),
            remarks=list(opened.remarks),
            created_by_id=actor.account_id,
            created=clock.now(),
        )
        _add_version(actor, collection, 1, layout, {})
        audit.record(actor, "collection.uploaded", collection, {"fields": len(layout.fields)})
    return collection


def _school_names() -> frozenset[str]:
    rows = School.objects.of_district().values_list("name", "short_name", "code")
    return frozenset(text for row in rows for text in row if text)


def _add_version(
    actor: Actor, collection: Collection, number: int, layout: Layout, changes: Mapping[str, list[str]]
) -> None:
    LayoutVersion.objects.create(
        collection=collection,
        number=number,
        content=layout.as_json(),
        changes=dict(changes),
        created_by_id=actor.account_id,
        created=clock.now(),
    )
    collection.__dict__.pop("version", None)


def read_again(*, actor: Actor, collection: Collection, where: proposal.Where) -> Layout:
    """Propose the layout anew at the place that the officer names; only while the collection is being prepared."""
    _leads(actor)
    if collection.state != CollectionState.DRAFT:
        raise Refused(_("The table's place cannot be changed any more: schools have files of it."))
    layout = proposal.propose(workbook.load(queries.stored(collection.workbook)), _school_names(), where)
    set_layout(actor=actor, collection=collection, layout=layout)
    return layout


def set_layout(*, actor: Actor, collection: Collection, layout: Layout) -> None:
    """Store a corrected layout. Once schools fill in, it is a new version: their answers stay, and what is asked anew
    brings answers already handed in back to the school.
    """
    _leads(actor)
    if collection.state == CollectionState.FINISHED:
        raise Refused(_("The collection is finished; its layout stays as it was."))
    with transaction.atomic():
        locked = Collection.objects.select_for_update().get(pk=collection.pk)
        if locked.state == CollectionState.DRAFT:
            locked.versions.filter(number=1).update(content=layout.as_json())
            collection.__dict__.pop("version", None)
        else:
            _change_running(actor, collection, layout)
        audit.record(actor, "collection.layout-set", collection, {"fields": len(layout.fields)})


def _change_running(actor: Actor, collection: Collection, layout: Layout) -> None:
    old = collection.version
    if old.content == layout.as_json():
        return
    found = difference(old.layout, layout)
    _add_version(actor, collection, old.number + 1, layout, found.as_json())
    sheets = list(
        SchoolSheet.objects.select_for_update(of=("self",))
        .filter(collection=collection)
        .select_related("school")
    )
    for sheet in sheets:
        _free_unknown(sheet.content, layout)
    fill_known(layout, sheets, actor.day)
    for sheet in sheets:
        if found.asks_more and sheet.state not in OPEN:
            sheet.state, sheet.reason = (
                SheetState.RETURNED,
                _("The form was changed; please look at what is new."),
            )
            sheet.confirmed = sheet.confirmed_by = None
            _tell(sheet, RETURNED, "collection-returned")
        _store(sheet, layout)


def _free_unknown(content: Content, layout: Layout) -> None:
    """Turn values that are no longer filled in by us into the school's own, so that nothing is lost."""
    for key in [key for key in content.known if (f := layout.field(key)) is None or f.use != Use.KNOWN]:
        content.single.cells.setdefault(key, content.known.pop(key).standing)


def describe(*, actor: Actor, collection: Collection, said: Mapping[str, object]) -> None:
    """Store who asks, on what basis, until when, whom to ask and how long answers are kept."""
    _leads(actor)
    fields = ("title", "asked_by", "basis", "purpose", "contact", "deadline", "keep_until", "head_confirms")
    with transaction.atomic():
        for name in fields:
            if name in said:
                setattr(collection, name, said[name])
        collection.save(update_fields=[name for name in fields if name in said])
        about = collection.sheets.values_list("uid", flat=True)
        notices.postpone(about=about, due=collection.deadline)
        audit.record(actor, "collection.described", collection)


def send(*, actor: Actor, collection: Collection, schools: Iterable[School]) -> int:
    """Give each school its sheet with what is known filled in, and tell it; return how many were added.

    Schools that have theirs already keep it.
    """
    _leads(actor)
    if collection.state == CollectionState.FINISHED:
        raise Refused(_("The collection is finished; start a new one."))
    if collection.deadline is None or not collection.basis:
        raise Refused(_("Say first until when it is wanted and on what basis it is asked."))
    if collection.deadline < actor.day:
        raise Refused(_("The deadline is over; set a later one first."))
    with transaction.atomic():
        have = set(collection.sheets.values_list("school_id", flat=True))
        new = [SchoolSheet(collection=collection, school=s) for s in schools if s.pk not in have]
        if not new:
            raise Refused(_("Choose at least one school that has not been asked yet."))
        _prepare(collection, new, actor.day)
        SchoolSheet.objects.bulk_create(new)
        collection.state, collection.sent = CollectionState.RUNNING, collection.sent or clock.now()
        collection.save(update_fields=["state", "sent"])
        for sheet in new:
            _tell(sheet, ASKED, "collection-asked")
        audit.record(actor, "collection.sent", collection, {"schools": len(new)})
    return len(new)


def _prepare(collection: Collection, sheets: list[SchoolSheet], day: dt.date) -> None:
    version = collection.version
    for sheet in sheets:
        sheet.__dict__["content"] = Content()
    fill_known(version.layout, sheets, day)
    fill_suggested(collection, version.layout, sheets)
    for sheet in sheets:
        sheet.version = version.number
        _seal(sheet, version.layout)


def _seal(sheet: SchoolSheet, layout: Layout) -> None:
    content = sheet.content
    sheet.sealed = content.sealed()
    sheet.contested = sum(known.contested for known in content.known.values())
    sheet.known_cells = len(content.known)
    lines = len(content.lines) if layout.shape == Shape.ITEMS else 1
    sheet.asked_cells = lines * (len(layout.answers) - len(content.known))


def _store(sheet: SchoolSheet, layout: Layout) -> None:
    _seal(sheet, layout)
    sheet.revision += 1
    sheet.save()


def _tell(sheet: SchoolSheet, message: str, kind: str, *, roles: Iterable[Role] | None = None) -> None:
    collection = sheet.collection
    notices.notify(
        kind=kind,
        message=message,
        params={"title": collection.title},
        about=sheet.uid,
        roles=sorted(policy.ANSWERERS) if roles is None else roles,
        school=sheet.school,
        url=reverse(SHEET_PAGE, args=[sheet.uid]),
        due=collection.deadline,
    )


# The school fills in.


def _own(actor: Actor, sheet: SchoolSheet) -> SchoolSheet:
    """Return the school's sheet locked for writing; only the school's own people write it."""
    if not queries.answers_for(actor, sheet):
        raise Forbidden(_("Only the school itself fills in its answer."))
    rows = SchoolSheet.objects.select_for_update(of=("self",)).select_related("collection", "school")
    locked = rows.get(pk=sheet.pk)
    if locked.collection.state != CollectionState.RUNNING:
        raise Refused(_("The collection is finished; nothing can be changed any more."))
    return locked


def _open(actor: Actor, sheet: SchoolSheet) -> SchoolSheet:
    locked = _own(actor, sheet)
    if locked.state not in OPEN:
        raise Refused(_("The answer has been submitted. Take it back first if something is to be changed."))
    return locked


def save(*, actor: Actor, sheet: SchoolSheet, lines: Sequence[Line], revision: int) -> SchoolSheet:
    """Store what was filled in, complete or not; ``Stale`` when somebody else has saved since ``revision``."""
    if len(lines) > MOST_LINES:
        raise Refused(_("There are more than %(limit)d rows; divide the list.") % {"limit": MOST_LINES})
    with transaction.atomic():
        locked = _open(actor, sheet)
        if locked.revision != revision:
            raise Stale(
                _("A colleague has saved this answer meanwhile. Your entries below are not saved yet.")
            )
        layout = locked.collection.layout
        locked.content.lines = _taken(layout, locked.content, lines)
        locked.version, locked.begun = locked.collection.version.number, True
        _store(locked, layout)
        audit.record(actor, "collection.saved", locked, {"rows": len(locked.content.lines)})
    return locked


def _taken(layout: Layout, content: Content, lines: Sequence[Line]) -> list[Line]:
    """Return the rows with their cells read by kind; cells of earlier layouts stay, known ones stay ours."""
    before = {line.row: line for line in content.lines}
    asked = {item.key: item for item in layout.answers if item.key not in content.known}
    taken = []
    for line in lines:
        cells: dict[str, Answer] = {
            key: value
            for key, value in before.get(line.row, Line()).cells.items()
            if key not in asked or key not in line.cells
        }
        for key, raw in line.cells.items():
            if key in asked and (value := read(asked[key], raw)) is not None:
                cells[key] = value
        if cells or layout.shape != Shape.ITEMS:
            taken.append(Line(line.row, cells))
    if layout.shape == Shape.ITEMS:
        return [replace(line, row=str(number)) for number, line in enumerate(taken, start=1)]
    return [replace(line, row=SINGLE) for line in taken[:1]]


def excel(*, actor: Actor, sheet: SchoolSheet) -> bytes:
    """Return the school's own Excel with what is known and what was filled in so far."""
    if not queries.answers_for(actor, sheet) and not policy.collects(actor):
        raise Forbidden(_("Only the school itself fills in its answer."))
    collection, version = sheet.collection, sheet.collection.version
    rows = rows_given(version.layout, sheet.content)
    mark = Mark(str(collection.uid), str(sheet.uid), version.number, rows)
    audit.record(actor, "collection.downloaded", sheet)
    place = queries.place_of(sheet.school)
    return school_book(queries.stored(collection.workbook), version.layout, mark, place, sheet.content)


def fill_from_file(*, actor: Actor, sheet: SchoolSheet, file: File[bytes]) -> ReadBack:
    """Take over a filled-in Excel of this school; ``Refused`` says why a file is not the right one."""
    uploaded = workbook.take(file).content
    mark = read_mark(workbook.load(uploaded))
    _check_mark(sheet, mark)
    collection = sheet.collection
    version = collection.versions.filter(number=mark.version).first()
    if version is None:
        raise Refused(_("The file belongs to a form that no longer exists; download it again."))
    found = read_school_book(
        queries.stored(collection.workbook), uploaded, version.layout, mark, sheet.content
    )
    save(actor=actor, sheet=sheet, lines=found.lines, revision=sheet.revision)
    return found


def _check_mark(sheet: SchoolSheet, mark: Mark) -> None:
    if mark.collection != str(sheet.collection.uid):
        other = Collection.objects.filter(uid=mark.collection).first()
        if other is None:
            raise Refused(_("The file belongs to another collection. Download the one of this page again."))
        raise Refused(
            _(
                "The file belongs to another collection, “%(title)s” of %(day)s. Download the one of this page again."
            )
            % {"title": other.title, "day": f"{other.created:%Y-%m-%d}"}
        )
    if mark.sheet != str(sheet.uid):
        raise Refused(_("The file belongs to another school. Download the one of this page again."))


def contest(*, actor: Actor, sheet: SchoolSheet, key: str, claimed: str, remark: str) -> None:
    """Object to a value that the district filled in, with what the school holds to be right and why."""
    with transaction.atomic():
        locked = _open(actor, sheet)
        layout = locked.collection.layout
        known, item = locked.content.known.get(key), layout.field(key)
        if known is None or item is None:
            raise Refused(_("This value was not filled in by the district; simply change it."))
        if not remark.strip():
            raise Refused(_("Say in a few words why the value is not right."))
        known.objection, known.claimed, known.settled = remark.strip()[:300], read(item, claimed), ""
        _store(locked, layout)
        audit.record(actor, "collection.contested", locked)


def withdraw_contest(*, actor: Actor, sheet: SchoolSheet, key: str) -> None:
    """Take an objection back."""
    with transaction.atomic():
        locked = _open(actor, sheet)
        known = locked.content.known.get(key)
        if known is None or not known.contested:
            raise Refused(_("There is no open objection to this value."))
        known.objection, known.claimed = "", None
        _store(locked, locked.collection.layout)
        audit.record(actor, "collection.contest-withdrawn", locked)


def submit(*, actor: Actor, sheet: SchoolSheet, note: str) -> SchoolSheet:
    """Hand the answer in; what breaks a limit or a sum needs an explanation in ``note``, anything else correction."""
    with transaction.atomic():
        locked = _open(actor, sheet)
        layout = locked.collection.layout
        found = breaches(layout, locked.content)
        hard = [breach for breach in found if not breach.is_soft]
        if hard:
            raise Refused(
                _("%(count)d cells are not in order yet; the first is “%(name)s”: %(message)s")
                % {"count": len(hard), "name": hard[0].name, "message": hard[0].message}
            )
        if found and not note.strip():
            raise Refused(
                _(
                    "Some figures do not agree with each other. Correct them, or explain them below and submit again."
                )
            )
        locked.content.note, locked.content.reasons = note.strip()[:500], {}
        now = clock.now()
        locked.state, locked.reason = SheetState.SUBMITTED, ""
        locked.submitted, locked.submitted_by_id = now, actor.account_id
        confirms = queries.heads(actor, locked)
        locked.confirmed, locked.confirmed_by_id = (now, actor.account_id) if confirms else (None, None)
        _store(locked, layout)
        notices.resolve(about=locked.uid)
        if needs_head(locked.collection) and not confirms:
            _tell(locked, TO_CONFIRM, "collection-confirm", roles=[Role.HEAD])
        audit.record(actor, "collection.submitted", locked, {"soft": len(found)})
    return locked


def confirm(*, actor: Actor, sheet: SchoolSheet) -> None:
    """Confirm the submitted answer as the head of school."""
    with transaction.atomic():
        locked = _own(actor, sheet)
        if not queries.heads(actor, locked):
            raise Forbidden(_("Only the head of school confirms."))
        if locked.state != SheetState.SUBMITTED or locked.confirmed is not None:
            raise Refused(_("There is nothing to confirm."))
        locked.confirmed, locked.confirmed_by_id = clock.now(), actor.account_id
        locked.save(update_fields=["confirmed", "confirmed_by"])
        notices.resolve(about=locked.uid)
        audit.record(actor, "collection.confirmed", locked)


def take_back(*, actor: Actor, sheet: SchoolSheet) -> None:
    """Take a submitted answer back to change it, as long as the district has not accepted it."""
    with transaction.atomic():
        locked = _own(actor, sheet)
        if locked.state != SheetState.SUBMITTED:
            raise Refused(_("Only an answer that was submitted and not yet accepted can be taken back."))
        locked.state, locked.confirmed, locked.confirmed_by = SheetState.TO_DO, None, None
        locked.save(update_fields=["state", "confirmed", "confirmed_by"])
        notices.resolve(about=locked.uid)
        _tell(locked, ASKED, "collection-asked")
        audit.record(actor, "collection.taken-back", locked)


# The district looks at what came.


def _looked_at(actor: Actor, sheet: SchoolSheet) -> SchoolSheet:
    _leads(actor)
    rows = SchoolSheet.objects.select_for_update(of=("self",)).select_related("collection", "school")
    locked = rows.get(pk=sheet.pk)
    if locked.collection.state != CollectionState.RUNNING:
        raise Refused(_("The collection is finished; nothing can be changed any more."))
    if locked.state not in queries.HANDED_IN:
        raise Refused(_("The school has not submitted its answer."))
    return locked


def give_back(*, actor: Actor, sheet: SchoolSheet, reason: str, cells: Mapping[str, str]) -> None:
    """Return an answer for correction, with a reason for the whole and for single cells (by ``row|key``)."""
    reasons = {cell: text.strip()[:200] for cell, text in cells.items() if text.strip()}
    if not reason.strip() and not reasons:
        raise Refused(_("Say what is to be corrected."))
    with transaction.atomic():
        locked = _looked_at(actor, sheet)
        locked.content.reasons = reasons
        locked.state, locked.reason = SheetState.RETURNED, reason.strip()[:500]
        locked.confirmed = locked.confirmed_by = None
        locked.accepted = locked.accepted_by = None
        _store(locked, locked.collection.layout)
        notices.resolve(about=locked.uid)
        _tell(locked, RETURNED, "collection-returned")
        audit.record(actor, "collection.returned", locked, {"cells": len(reasons)})


def settle(*, actor: Actor, sheet: SchoolSheet, key: str, adopt: bool) -> None:
    """Decide on an objection: take the school's value over, or keep the district's."""
    with transaction.atomic():
        locked = _looked_at(actor, sheet)
        known = locked.content.known.get(key)
        if known is None or not known.contested:
            raise Refused(_("There is no open objection to this value."))
        if adopt and known.claimed is None:
            raise Refused(_("The school has named no value of its own; return the answer and ask for it."))
        known.settled = "adopted" if adopt else "kept"
        _store(locked, locked.collection.layout)
        audit.record(actor, "collection.settled", locked, {"adopted": adopt})


def accept(*, actor: Actor, sheet: SchoolSheet) -> None:
    """Accept an answer; objections must be decided first, and the head must have confirmed where that is wanted."""
    with transaction.atomic():
        locked = _looked_at(actor, sheet)
        if locked.state == SheetState.ACCEPTED:
            return
        if locked.contested:
            raise Refused(_("Decide first on the values that the school objects to."))
        if needs_head(locked.collection) and locked.confirmed is None:
            raise Refused(_("The head of school has not confirmed yet."))
        locked.state = SheetState.ACCEPTED
        locked.accepted, locked.accepted_by_id = clock.now(), actor.account_id
        locked.save(update_fields=["state", "accepted", "accepted_by"])
        audit.record(actor, "collection.accepted", locked)


def finish(*, actor: Actor, collection: Collection) -> None:
    """Close a collection: nobody is asked any more, and next time the same questions recall its answers."""
    _leads(actor)
    with transaction.atomic():
        locked = Collection.objects.select_for_update().get(pk=collection.pk)
        if locked.state != CollectionState.RUNNING:
            raise Refused(_("Only a collection that is running can be finished."))
        locked.state, locked.finished = CollectionState.FINISHED, clock.now()
        locked.save(update_fields=["state", "finished"])
        notices.resolve(about=list(locked.sheets.values_list("uid", flat=True)))
        audit.record(actor, "collection.finished", locked)


def discard(*, actor: Actor, collection: Collection) -> None:
    """Remove a collection that was never sent, with its files."""
    _leads(actor)
    with transaction.atomic():
        locked = Collection.objects.select_for_update().get(pk=collection.pk)
        if locked.state != CollectionState.DRAFT:
            raise Refused(_("Schools have been asked already; finish the collection instead."))
        for name in {locked.original, locked.workbook}:
            transaction.on_commit(partial(default_storage.delete, name))
        audit.record(actor, "collection.discarded", locked)
        locked.delete()


def destroy_expired(*, day: dt.date) -> int:
    """Destroy the answers of collections whose time is over; states and counts remain. Return how many collections."""
    actor = Actor.system(day)
    over = Collection.objects.filter(state=CollectionState.FINISHED, destroyed=None, keep_until__lt=day)
    for collection in over:
        with transaction.atomic():
            sheets = collection.sheets.update(sealed=b"")
            collection.destroyed = clock.now()
            collection.save(update_fields=["destroyed"])
            audit.record(actor, "collection.destroyed", collection, {"sheets": sheets})
    return len(over)
