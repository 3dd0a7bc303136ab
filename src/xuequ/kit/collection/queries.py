"""What may be read of collections: the district's collectors all, a school its own answer."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.core.files.storage import default_storage
from django.db.models import Count, Q, QuerySet, Sum
from django.utils.functional import cached_property

from xuequ.district import policy
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import Person, School
from xuequ.district.people import names_of
from xuequ.kit.collection.choices import CollectionState, SheetState
from xuequ.kit.collection.filling import Place
from xuequ.kit.collection.layout import Layout
from xuequ.kit.collection.merging import Answered
from xuequ.kit.collection.models import Collection, SchoolSheet
from xuequ.kit.collection.values import Breach, breaches

HANDED_IN = (SheetState.SUBMITTED, SheetState.ACCEPTED)


def collections(actor: Actor) -> "QuerySet[Collection]":
    """Return the collections that the actor leads, newest first, with the number of schools and of those done."""
    rows = Collection.objects.annotate(
        schools=Count("sheets"),
        handed_in=Count("sheets", filter=Q(sheets__state__in=HANDED_IN)),
        asked=Sum("sheets__asked_cells"),
        known=Sum("sheets__known_cells"),
    )
    return rows.order_by("-id") if policy.collects(actor) else rows.none()


def collection(actor: Actor, uid: UUID) -> Collection | None:
    """Return one collection that the actor leads."""
    return collections(actor).filter(uid=uid).first()


def board(collection: Collection) -> "QuerySet[SchoolSheet]":
    """Return all schools' answers of a collection in the order of the schools' codes."""
    return collection.sheets.select_related("school").order_by("school__code")


def own_sheets(actor: Actor) -> "QuerySet[SchoolSheet]":
    """Return the answers that the actor gives for a school, those of running collections first."""
    own = School.objects.filter(policy.answering_schools(actor))
    rows = SchoolSheet.objects.filter(school__in=own.values("pk")).exclude(
        collection__state=CollectionState.DRAFT
    )
    return rows.select_related("collection", "school").order_by("-collection__state", "-collection__id")


def own_sheet(actor: Actor, uid: UUID) -> SchoolSheet | None:
    """Return one answer that the actor gives for a school."""
    return own_sheets(actor).filter(uid=uid).first()


def answers_for(actor: Actor, sheet: SchoolSheet) -> bool:
    """Whether the actor fills in this answer."""
    return School.objects.filter(policy.answering_schools(actor), pk=sheet.school_id).exists()


def heads(actor: Actor, sheet: SchoolSheet) -> bool:
    """Whether the actor is the head of this answer's school."""
    places = {sheet.school_id, sheet.school.campus_of_id}
    return any(grant.role == Role.HEAD and grant.school_id in places for grant in actor.grants)


def waiting_for_us(actor: Actor) -> int:
    """Return how many answers wait to be looked at by those who lead collections."""
    return sheets_waiting_for_us().count() if policy.collects(actor) else 0


def sheets_waiting_for_us() -> "QuerySet[SchoolSheet]":
    """Return these answers; the caller has checked that the actor leads collections."""
    rows = SchoolSheet.objects.filter(state=SheetState.SUBMITTED, collection__state=CollectionState.RUNNING)
    return rows.filter(Q(collection__head_confirms=False) | Q(confirmed__isnull=False))


def place_of(school: School) -> Place:
    """Return a school as it is written into a sheet."""
    return Place(school.name, school.code, school.short_name)


def stored(name: str) -> bytes:
    """Return the bytes of a kept file."""
    with default_storage.open(name) as stream:
        content: bytes = stream.read()
    return content


def handed_in(sheets: Iterable[SchoolSheet]) -> list[Answered]:
    """Return the answers that were handed in, for merging."""
    return [Answered(place_of(s.school), s.content) for s in sheets if s.state in HANDED_IN]


@dataclass(frozen=True)
class Examined:
    """One school's answer with everything that does not fit."""

    sheet: SchoolSheet
    layout: Layout

    @cached_property
    def breaches(self) -> list[Breach]:
        """What does not fit, row by row."""
        return breaches(self.layout, self.sheet.content)


def examined(collection: Collection, sheets: Iterable[SchoolSheet]) -> list[Examined]:
    """Return the answers beside the layout in force."""
    return [Examined(sheet, collection.layout) for sheet in sheets]


def account_names(accounts: Iterable[int | None]) -> dict[int, str]:
    """Return the names behind accounts, for those who may know who answered."""
    people = dict(
        Person.objects.filter(account__in=[pk for pk in accounts if pk is not None]).values_list(
            "account_id", "pk"
        )
    )
    names = names_of(people.values())
    return {account: names[person] for account, person in people.items() if person in names}


def changes_since(sheet: SchoolSheet) -> list[dict[str, Sequence[str]]]:
    """Return what became different in the layout since the school last saved, oldest first."""
    rows = sheet.collection.versions.filter(number__gt=sheet.version).order_by("number")
    return [row.changes for row in rows if any(row.changes.values())]
