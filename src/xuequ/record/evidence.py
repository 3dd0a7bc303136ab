"""Evidence: handed in once, hashed, opened again byte for byte, withdrawn but never altered.

Who may hand in, open or withdraw a piece is for the calling system to check.
"""

import hashlib
import io
from pathlib import PurePath

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _

from xuequ.core import audit, clock, files, pictures
from xuequ.core.errors import Refused
from xuequ.district.actors import Actor
from xuequ.district.models import School
from xuequ.record.choices import EvidenceKind
from xuequ.record.models import Evidence

LARGEST_FILE = 20 * 1024**2


def attach_file(
    *, actor: Actor, system: str, school: School | None, title: str, upload: File[bytes], note: str = ""
) -> Evidence:
    """Keep an uploaded paper or picture; ``Refused`` says what is wrong with it, and nothing is kept then."""
    if upload.size > LARGEST_FILE:
        raise Refused(
            _("The file is larger than 20 MB; make it smaller or hand in its most important pages.")
        )
    kind = files.check_upload(upload, files.PAPERS)
    upload.seek(0)
    content = upload.read()
    is_picture = kind in files.PICTURES
    if is_picture:
        content = pictures.clean(content)
    name = files.safe_name(PurePath(upload.name or "").name)
    with transaction.atomic():
        evidence = _new(actor, system, school, EvidenceKind.PICTURE if is_picture else EvidenceKind.FILE)
        evidence.title, evidence.note = title.strip() or PurePath(name).stem[:160], note
        evidence.file_name, evidence.size = name, len(content)
        evidence.sha256 = hashlib.sha256(content).hexdigest()
        evidence.stored_file = files.keep("evidence", PurePath(name).suffix.lower(), content)
        evidence.save()
        audit.record(actor, "evidence.attached", evidence)
    return evidence


def attach_link(
    *, actor: Actor, system: str, school: School | None, title: str, url: str, note: str = ""
) -> Evidence:
    """Keep an address as evidence; only addresses of the web are taken."""
    if not url.startswith(("https://", "http://")):
        raise Refused(_("Only addresses that begin with https:// or http:// are taken."))
    return _attach_words(
        actor, system, school, EvidenceKind.LINK, title=title or url[:160], url=url, note=note
    )


def attach_note(*, actor: Actor, system: str, school: School | None, title: str, note: str) -> Evidence:
    """Keep words as evidence: what was seen on the spot, for instance."""
    if not note.strip():
        raise Refused(_("Write down what was seen."))
    return _attach_words(actor, system, school, EvidenceKind.NOTE, title=title, note=note)


@transaction.atomic
def _attach_words(
    actor: Actor, system: str, school: School | None, kind: EvidenceKind, **words: str
) -> Evidence:
    evidence = _new(actor, system, school, kind)
    for name, text in words.items():
        setattr(evidence, name, text)
    evidence.save()
    audit.record(actor, "evidence.attached", evidence)
    return evidence


def _new(actor: Actor, system: str, school: School | None, kind: EvidenceKind) -> Evidence:
    return Evidence(
        system=system, school=school, kind=kind, uploaded_by_id=actor.account_id, uploaded=clock.now()
    )


@transaction.atomic
def withdraw(*, actor: Actor, evidence: Evidence, reason: str | None = None) -> None:
    """Take a piece back: it no longer backs the claim, and stays to be seen in the history with the reason.

    A reason that was asked for (not None) must say something.
    """
    if reason is not None and not reason.strip():
        raise Refused(_("Say why it is withdrawn; the history keeps it."))
    evidence = Evidence.objects.select_for_update().get(pk=evidence.pk)
    if evidence.withdrawn is None:
        evidence.withdrawn = clock.now()
        evidence.withdrawn_why = (reason or "").strip()[:200]
        evidence.save(update_fields=["withdrawn", "withdrawn_why"])
        audit.record(actor, "evidence.withdrawn", evidence)


def content(evidence: Evidence) -> bytes:
    """Return the stored bytes; ``Refused`` when they are gone or are no longer those that were handed in."""
    try:
        with default_storage.open(evidence.stored_file) as stream:
            found = io.BytesIO(stream.read()).getvalue()
    except FileNotFoundError as error:
        raise Refused(
            _("The file of this evidence is missing on the server; ask the data office.")
        ) from error
    if hashlib.sha256(found).hexdigest() != evidence.sha256:
        raise Refused(_("The file of this evidence was changed on the server; ask the data office."))
    return found


def handed_in_elsewhere(evidence: Evidence) -> "list[Evidence]":
    """Return pieces with the same bytes that another school handed in: a thing to ask about, no proof of anything."""
    if not evidence.sha256:
        return []
    same = Evidence.objects.filter(sha256=evidence.sha256, withdrawn=None).exclude(school=evidence.school_id)
    return list(same.select_related("school"))
