"""Quoting numbers and writing documents that cite them."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from xuequ.core import audit, clock
from xuequ.core.errors import Forbidden, Refused
from xuequ.district.actors import Actor
from xuequ.district.models import School
from xuequ.kit.documents import queries
from xuequ.kit.documents.counting import CountDefinition, Line, Question, definition, told
from xuequ.kit.documents.models import Citation, Document, DocumentVersion

LONGEST_TABLE = 400


@dataclass(frozen=True, slots=True)
class Draft:
    """What a version says."""

    title: str
    addressee: str
    body: str
    issuer: str
    dated: dt.date
    typed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """A quoted number that comes out differently today."""

    citation: Citation
    value: float
    text: str


def _check_writer(actor: Actor, school: School | None) -> None:
    if school is None and not queries.writes_for_district(actor) and not actor.is_system:
        raise Forbidden(_("You do not write in the district's name."))
    if school is not None and not queries.writing_schools(actor).filter(pk=school.pk).exists():
        raise Forbidden(_("You do not write in this school's name."))


@transaction.atomic
def create(*, actor: Actor, draft: Draft, school: School | None = None) -> Document:
    """Begin a document; raises Forbidden for those who do not write in that name."""
    _check_writer(actor, school)
    document = Document.objects.create(
        school=school,
        title=draft.title,
        addressee=draft.addressee,
        created=clock.now(),
        created_by_id=actor.account_id,
    )
    _add_version(actor, document, draft)
    audit.record(actor, "document.created", document)
    return document


@transaction.atomic
def save(*, actor: Actor, document: Document, draft: Draft, seen: int) -> DocumentVersion:
    """Save the text as a new version; raises Refused when somebody saved after version ``seen``."""
    _check_writer(actor, document.school)
    Document.objects.select_for_update().get(pk=document.pk)
    now = queries.current(document)
    if now.number != seen:
        raise Refused(
            _(
                "Somebody saved version %(number)d meanwhile. Your text is still below: compare and save again."
            )
            % {"number": now.number}
        )
    if _says(now) == draft:
        return now
    document.title, document.addressee = draft.title, draft.addressee
    document.save(update_fields=["title", "addressee"])
    version = _add_version(actor, document, draft)
    audit.record(actor, "document.saved", document, {"version": version.number})
    return version


def _says(version: DocumentVersion) -> Draft:
    v = version
    return Draft(v.title, v.addressee, v.body, v.issuer, v.dated, tuple(v.typed))


def _add_version(actor: Actor, document: Document, draft: Draft) -> DocumentVersion:
    newest = document.versions.aggregate(newest=Max("number"))["newest"] or 0
    return DocumentVersion.objects.create(
        document=document,
        number=newest + 1,
        title=draft.title,
        addressee=draft.addressee,
        body=draft.body,
        issuer=draft.issuer,
        dated=draft.dated,
        typed=sorted(set(draft.typed), key=lambda digits: (len(digits), digits)),
        saved=clock.now(),
        saved_by_id=actor.account_id,
    )


@transaction.atomic
def vouch(*, actor: Actor, document: Document, digits: tuple[str, ...]) -> None:
    """Mark numbers of the text as typed by hand and checked, in a new version."""
    now = queries.current(document)
    said = _says(now)
    draft = Draft(said.title, said.addressee, said.body, said.issuer, said.dated, (*said.typed, *digits))
    save(actor=actor, document=document, draft=draft, seen=now.number)


@transaction.atomic
def quote(
    *, actor: Actor, code: str, question: Question, document: Document | None = None, attached: bool = False
) -> Citation:
    """Count a number and keep it as quoted; in a document it gets the next place and a sentence at the end.

    Raises Refused when the number may not be told, Forbidden when the actor may not ask or not write there.
    """
    found = definition(actor, code)
    citation = _counted(actor, found, question, attached)
    if document is not None:
        _check_writer(actor, document.school)
        Document.objects.select_for_update().get(pk=document.pk)
        newest = document.citations.aggregate(newest=Max("place"))["newest"] or 0
        citation.document, citation.place = document, newest + 1
    citation.save()
    if document is not None:
        _append_sentence(actor, document, citation)
    audit.record(actor, "number.quoted", citation, {"code": code, "value": citation.value})
    return citation


def _counted(actor: Actor, found: CountDefinition, question: Question, attached: bool) -> Citation:
    said = told(actor, found, question)
    return Citation(
        code=found.code,
        title=" · ".join(part for part in (str(found.title), said.label) if part)[:200],
        definition=str(found.definition),
        unit=str(found.unit),
        source=str(found.source),
        parameters=question.parameters(),
        day=question.at,
        value=said.value,
        text=said.text,
        range=said.range,
        lines=[_kept(found, line) for line in said.lines[:LONGEST_TABLE]],
        heading=str(found.dimensions.get(question.by, "")),
        attached=attached and bool(said.lines),
        counted_at=clock.now(),
        counted_by_id=actor.account_id,
    )


def _kept(found: CountDefinition, line: Line) -> list[Any]:
    """A line of the split as it is kept: its name, its value (None: withheld), and its range where it has one."""
    kept = [line.label, None if line.withheld else line.value]
    return [*kept, found.range_of(line)] if found.range_of(line) else kept


def _append_sentence(actor: Actor, document: Document, citation: Citation) -> None:
    now = queries.current(document)
    said = _says(now)
    unit = "" if citation.text.endswith("%") else citation.unit
    words = _("As of [@%(place)d], %(title)s: [#%(place)d] %(unit)s.")
    if citation.range:
        words = _("As of [@%(place)d], %(title)s: [#%(place)d] %(unit)s (range [~%(place)d]).")
    words = words % {"place": citation.place, "title": citation.title, "unit": unit}
    body = f"{said.body.rstrip()}\n{words}".strip()
    # What the catalogue calls the number may hold digits; they are the catalogue's, not the writer's.
    typed = (*said.typed, *(digits for digits in _digits(citation.title + unit)))
    draft = Draft(said.title, said.addressee, body, said.issuer, said.dated, typed)
    save(actor=actor, document=document, draft=draft, seen=now.number)


def _digits(text: str) -> list[str]:
    import re

    return re.findall(r"\d+", text)


def differences(*, actor: Actor, document: Document) -> list[Difference]:
    """Return the quoted numbers that come out differently when counted now for the same day; nothing is written."""
    found = []
    for citation in queries.citations(document):
        count = definition(actor, citation.code)
        now = told(actor, count, Question.of(citation.parameters))
        # What was quoted before ranges were kept has none; that alone is no difference.
        if now.text != count.write(citation.value) or (citation.range and now.range != citation.range):
            found.append(
                Difference(citation, now.value, f"{now.text} ({now.range})" if now.range else now.text)
            )
    return found


@transaction.atomic
def recount(*, actor: Actor, document: Document) -> int:
    """Put what comes out now in the place of the numbers that changed; returns how many. The old ones are kept."""
    _check_writer(actor, document.school)
    changed = differences(actor=actor, document=document)
    for item in changed:
        old = item.citation
        Citation.objects.filter(pk=old.pk).update(replaced=clock.now())
        new = _counted(actor, definition(actor, old.code), Question.of(old.parameters), old.attached)
        new.document, new.place = document, old.place
        new.save()
    audit.record(actor, "document.recounted", document, {"changed": len(changed)})
    return len(changed)


@transaction.atomic
def take_out(*, actor: Actor, document: Document, citation: Citation) -> None:
    """Take a number out of a document; raises Refused while the text still names it."""
    _check_writer(actor, document.school)
    body = queries.current(document).body
    if any(f"[{sign}{citation.place}]" in body for sign in "#@~"):
        raise Refused(
            _("The text still says [#%(place)d]. Take it out of the text first.")
            % {"place": citation.place or 0}
        )
    Citation.objects.filter(pk=citation.pk).update(replaced=clock.now())
    audit.record(actor, "document.citation_removed", document, {"place": citation.place})


@transaction.atomic
def discard(*, actor: Actor, document: Document) -> None:
    """Delete a document with its versions and quoted numbers."""
    _check_writer(actor, document.school)
    audit.record(actor, "document.discarded", document, {"versions": document.versions.count()})
    document.delete()
