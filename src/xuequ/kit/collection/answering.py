"""What a school does with its answer: fill in, object, submit, confirm, take back."""

from collections.abc import Sequence
from dataclasses import replace

from django.core.files.base import File
from django.db import transaction
from django.utils.translation import gettext as _

from xuequ.core import audit, clock
from xuequ.core.errors import Forbidden, Refused
from xuequ.district import policy
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.kit.collection import queries, workbook
from xuequ.kit.collection.asking import ASKED, OPEN, TO_CONFIRM, needs_head, store, tell
from xuequ.kit.collection.choices import CollectionState, Shape, SheetState
from xuequ.kit.collection.content import SINGLE, Answer, Content, Line
from xuequ.kit.collection.filling import Mark, read_mark
from xuequ.kit.collection.layout import Layout
from xuequ.kit.collection.models import Collection, SchoolSheet
from xuequ.kit.collection.splitting import ReadBack, read_school_book, rows_given, school_book
from xuequ.kit.collection.values import breaches, read
from xuequ.kit.notices import actions as notices

MOST_LINES = 2_000


class Stale(Refused):
    """Somebody else has saved the answer meanwhile."""


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
        store(locked, layout)
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
        store(locked, layout)
        audit.record(actor, "collection.contested", locked)


def withdraw_contest(*, actor: Actor, sheet: SchoolSheet, key: str) -> None:
    """Take an objection back."""
    with transaction.atomic():
        locked = _open(actor, sheet)
        known = locked.content.known.get(key)
        if known is None or not known.contested:
            raise Refused(_("There is no open objection to this value."))
        known.objection, known.claimed = "", None
        store(locked, locked.collection.layout)
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
        store(locked, layout)
        notices.resolve(about=locked.uid)
        if needs_head(locked.collection) and not confirms:
            tell(locked, TO_CONFIRM, "collection-confirm", roles=[Role.HEAD])
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
        tell(locked, ASKED, "collection-asked")
        audit.record(actor, "collection.taken-back", locked)
