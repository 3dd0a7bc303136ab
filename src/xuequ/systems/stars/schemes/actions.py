"""What may be done with schemes: make one, change a version that is not in use yet, go on to the next version."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from xuequ.core import audit, clock
from xuequ.core.errors import Forbidden, Refused
from xuequ.district.actors import Actor
from xuequ.systems.stars.access import may_manage
from xuequ.systems.stars.choices import SchemeKind
from xuequ.systems.stars.models import Scheme, SchemeVersion
from xuequ.systems.stars.schemes.documents import checked


def create(*, actor: Actor, kind: SchemeKind, document: Mapping[str, Any], note: str = "") -> SchemeVersion:
    """Keep a document as the first version of a new scheme; a name that is taken is refused."""
    _allow(actor)
    checked(document, kind)
    name = str(document.get("name") or document.get("title") or SchemeKind(kind).label)[:120]
    with transaction.atomic():
        scheme, made = Scheme.objects.get_or_create(name=name, defaults={"kind": kind})
        if not made:
            raise Refused(
                _(
                    "There is a scheme called “%(name)s” already: make a new version of it, or use another name."
                )
                % {"name": name}
            )
        return _add(actor, scheme, document, note)


def new_version(
    *, actor: Actor, version: SchemeVersion, document: Mapping[str, Any] | None = None, note: str = ""
) -> SchemeVersion:
    """Add a version after ``version`` with its document or another one; rounds that run keep theirs."""
    _allow(actor)
    content = dict(version.document if document is None else document)
    checked(content, SchemeKind(version.scheme.kind))
    with transaction.atomic():
        scheme = Scheme.objects.select_for_update().get(pk=version.scheme_id)
        return _add(actor, scheme, content, note)


def change(
    *, actor: Actor, version: SchemeVersion, document: Mapping[str, Any], revision: int | None = None
) -> SchemeVersion:
    """Put another document into a version that has not been used to rate yet.

    ``revision`` is that of the document that was edited: if somebody else was faster, nothing is changed.
    """
    _allow(actor)
    checked(document, SchemeKind(version.scheme.kind))
    with transaction.atomic():
        locked = SchemeVersion.objects.select_for_update().select_related("scheme").get(pk=version.pk)
        refuse_begun(locked)
        if revision is not None and locked.revision != revision:
            raise Refused(
                _("Somebody changed this scheme in the meantime. Nothing was overwritten: open it again.")
            )
        locked.document, locked.edited = dict(document), clock.now()
        locked.revision += 1
        locked.save(update_fields=["document", "edited", "revision"])
        audit.record(actor, "stars.scheme.changed", locked, {"revision": locked.revision})
    return locked


def refuse_begun(version: SchemeVersion) -> None:
    """Refuse to change a version with which rating began."""
    if version.began is not None:
        raise Refused(
            _(
                "Rating with this version began on %(day)s, so it stays as it is. Make a new version and change that;"
                " rounds that run keep this one."
            )
            % {"day": version.began.date()}
        )


def begin(version: SchemeVersion) -> SchemeVersion:
    """Note, in the caller's transaction, that rating with a version begins: it can no longer be changed."""
    locked = SchemeVersion.objects.select_for_update().get(pk=version.pk)
    if locked.began is None:
        locked.began = clock.now()
        locked.save(update_fields=["began"])
    return locked


def _allow(actor: Actor) -> None:
    if not may_manage(actor):
        raise Forbidden(_("You may not change schemes."))


def _add(actor: Actor, scheme: Scheme, document: Mapping[str, Any], note: str) -> SchemeVersion:
    last = scheme.versions.aggregate(last=Max("number"))["last"] or 0
    moment = clock.now()
    made = SchemeVersion.objects.create(
        scheme=scheme,
        number=last + 1,
        document=dict(document),
        note=note[:300],
        created=moment,
        created_by_id=actor.account_id,
        edited=moment,
    )
    audit.record(actor, "stars.scheme.added", made, {"number": made.number})
    return made
