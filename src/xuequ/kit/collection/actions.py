"""What the district does with a collection: prepare, send, change, finish, destroy."""

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import PurePath

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _

from xuequ.core import audit, clock
from xuequ.core.errors import Refused
from xuequ.core.files import keep
from xuequ.district.actors import Actor
from xuequ.district.models import School
from xuequ.kit.collection import proposal, queries, workbook
from xuequ.kit.collection.asking import (
    ASKED,
    OPEN,
    RETURNED,
    require_officer,
    seal,
    store,
    tell,
)
from xuequ.kit.collection.choices import CollectionState, SheetState, Use
from xuequ.kit.collection.content import Content
from xuequ.kit.collection.knowing import fill_known, fill_suggested
from xuequ.kit.collection.layout import Layout, difference
from xuequ.kit.collection.models import Collection, LayoutVersion, SchoolSheet
from xuequ.kit.notices import actions as notices


def upload(*, actor: Actor, file: File[bytes]) -> Collection:
    """Keep an upper unit's workbook and propose how it is meant; ``Refused`` says why it cannot be taken."""
    require_officer(actor)
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
    require_officer(actor)
    if collection.state != CollectionState.DRAFT:
        raise Refused(_("The table's place cannot be changed any more: schools have files of it."))
    layout = proposal.propose(workbook.load(queries.stored(collection.workbook)), _school_names(), where)
    set_layout(actor=actor, collection=collection, layout=layout)
    return layout


def set_layout(*, actor: Actor, collection: Collection, layout: Layout) -> None:
    """Store a corrected layout. Once schools fill in, it is a new version: their answers stay, and what is asked anew
    brings answers already handed in back to the school.
    """
    require_officer(actor)
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
            tell(sheet, RETURNED, "collection-returned")
        store(sheet, layout)


def _free_unknown(content: Content, layout: Layout) -> None:
    """Turn values that are no longer filled in by us into the school's own, so that nothing is lost."""
    for key in [key for key in content.known if (f := layout.field(key)) is None or f.use != Use.KNOWN]:
        content.single.cells.setdefault(key, content.known.pop(key).standing)


def describe(*, actor: Actor, collection: Collection, said: Mapping[str, object]) -> None:
    """Store who asks, on what basis, until when, whom to ask and how long answers are kept."""
    require_officer(actor)
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
    require_officer(actor)
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
            tell(sheet, ASKED, "collection-asked")
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
        seal(sheet, version.layout)


def finish(*, actor: Actor, collection: Collection) -> None:
    """Close a collection: nobody is asked any more, and next time the same questions recall its answers."""
    require_officer(actor)
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
    require_officer(actor)
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
