"""What may be read of documents and quoted numbers."""

from uuid import UUID

from django.db.models import Q, QuerySet

from xuequ.district import policy
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import School
from xuequ.kit.documents.models import Citation, Document, DocumentVersion

WRITERS = frozenset(
    {Role.DISTRICT_OFFICER, Role.DATA_OFFICER, Role.RESEARCHER, Role.BUREAU_LEADER, Role.SUPERVISOR}
)


def writes_for_district(actor: Actor) -> bool:
    """Whether the actor writes in the district's name."""
    return actor.has_everywhere(*WRITERS)


def writing_schools(actor: Actor) -> "QuerySet[School]":
    """Return the schools in whose name the actor writes."""
    own = [g.school_id for g in actor.grants if g.role in policy.WHOLE_SCHOOL and g.school_id is not None]
    return School.objects.of_district().filter(pk__in=own).order_by("code")


def may_write(actor: Actor) -> bool:
    """Whether the actor writes official documents at all."""
    return writes_for_district(actor) or bool(actor.schools_of(policy.WHOLE_SCHOOL))


def documents(actor: Actor) -> "QuerySet[Document]":
    """Return the documents of those in whose name the actor writes, newest first."""
    condition = Q(school__in=writing_schools(actor).values("pk"))
    if writes_for_district(actor):
        condition |= Q(school=None)
    return Document.objects.filter(condition).select_related("school", "created_by").order_by("-id")


def document(actor: Actor, uid: UUID) -> Document | None:
    """Return one document."""
    return documents(actor).filter(uid=uid).first()


def current(document: Document) -> DocumentVersion:
    """Return the newest version."""
    return document.versions.order_by("-number")[0]


def citations(document: Document) -> list[Citation]:
    """Return the numbers in force, in their order."""
    return list(document.citations.filter(replaced=None).order_by("place"))


def quoted(actor: Actor) -> "QuerySet[Citation]":
    """Return the numbers that the actor quoted, newest first."""
    rows = Citation.objects.select_related("document").order_by("-id")
    return rows.filter(counted_by_id=actor.account_id) if actor.account_id is not None else rows.none()
