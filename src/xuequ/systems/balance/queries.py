"""What may be read of balance. Each function takes the actor and returns only what that actor may see."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from xuequ.district.actors import Actor
from xuequ.district.choices import Stage
from xuequ.district.models import Area, School, SchoolYear
from xuequ.systems.balance.access import area_ids, keeps, own_schools, reads
from xuequ.systems.balance.book import Book, SchoolPlace
from xuequ.systems.balance.catalogue import FACTS, Scope
from xuequ.systems.balance.choices import OPEN, AppealState, ValueState
from xuequ.systems.balance.models import Appeal, Item, Judgement, SchoolResult, Value
from xuequ.systems.balance.rules.document import rules_of
from xuequ.systems.balance.rules.queries import in_force


def judged_schools() -> "QuerySet[School]":
    """The district's schools with a compulsory stage; a campus is part of its school."""
    rows = School.objects.filter(study=None, campus_of=None).exclude(stage=Stage.SENIOR)
    return rows.select_related("area").order_by("code")


def place_of(school: School) -> SchoolPlace:
    """Return a school as the book names it."""
    area = school.area.name if school.area is not None else ""
    return SchoolPlace(
        school.pk, str(school.uid), str(school), school.stage, area, school.latitude, school.longitude
    )


def book_of(
    year: SchoolYear, schools: "Iterable[School] | None" = None, *, with_evidence: bool = True
) -> Book:
    """Return all values in force of a year; evidence matters where the county's facts are judged."""
    rows = Value.objects.filter(year=year, state=ValueState.IN_FORCE)
    values = {
        (row[0] or 0, row[1], row[2]): row[3]
        for row in rows.values_list("school_id", "part", "fact", "number")
    }
    places = tuple(
        place_of(school)
        for school in (judged_schools() if schools is None else schools)
        if school.closed_on is None or school.closed_on > year.start
    )
    return Book(year.code, places, values, evidence_of(year) if with_evidence else {})


def evidence_of(year: SchoolYear) -> dict[str, str]:
    """Return the county facts that evidence backs: those of items with a piece that was not withdrawn."""
    rows = Item.objects.filter(year=year, evidence__withdrawn=None, evidence__isnull=False)
    backed: dict[str, str] = {}
    for code, title in rows.order_by("code", "evidence__pk").values_list("code", "evidence__title"):
        backed.setdefault(code, title)
    rules = rules_of(found.text) if backed and (found := in_force()) is not None else None
    return {
        fact: backed[one.code]
        for one in (rules.requirements if rules is not None else ())
        if one.code in backed
        for condition in one.conditions
        for fact in condition.facts
        if FACTS[fact].scope == Scope.COUNTY
    }


def years() -> "QuerySet[SchoolYear]":
    """School years, the latest first."""
    return SchoolYear.objects.order_by("-start")


def year_called(code: str) -> SchoolYear | None:
    """Return a year by its code."""
    return SchoolYear.objects.filter(code=code).first()


def judgements(actor: Actor) -> "QuerySet[Judgement]":
    """Return the judgements that the actor may open: keepers all, other readers and schools the published ones."""
    rows = Judgement.objects.select_related("run", "year", "rules", "weak_rule").order_by(
        "-year__start", "-run_id"
    )
    if keeps(actor) or actor.is_system:
        return rows
    if actor.sees_district or area_ids(actor) or own_schools(actor):
        return rows.filter(published__isnull=False)
    return rows.none()


def latest(actor: Actor, year: SchoolYear | None = None) -> Judgement | None:
    """Return the newest judgement that the actor may see, of one year or of any."""
    rows = judgements(actor).filter(superseded=None)
    if year is not None:
        rows = rows.filter(year=year)
    return rows.first()


def course(actor: Actor) -> list[Judgement]:
    """Return the newest judgement of each year, the earliest first."""
    found: dict[int, Judgement] = {}
    for row in judgements(actor).filter(superseded=None):
        found.setdefault(row.year_id, row)
    return sorted(found.values(), key=lambda row: row.year.start)


def school_results(actor: Actor, judgement: Judgement) -> "QuerySet[SchoolResult]":
    """Return the results of the schools whose balance page the actor may open."""
    rows = judgement.schools.select_related("school__area").order_by("school__code")
    if actor.sees_district or actor.is_system:
        return rows
    led = [school.pk for school in own_schools(actor)]
    return rows.filter(Q(school__area__in=area_ids(actor)) | Q(school__in=led))


def readable_school(actor: Actor, uid: UUID) -> School | None:
    """Return a school whose balance page the actor may open."""
    row = judged_schools().filter(uid=uid).first()
    return row if row is not None and reads(actor, row) else None


def areas(actor: Actor) -> "QuerySet[Area]":
    """Return the areas that the actor reads: all for readers of the district, else those of their roles."""
    rows = Area.objects.order_by("name")
    return rows if actor.sees_district else rows.filter(pk__in=area_ids(actor))


def open_values(actor: Actor, year: SchoolYear | None = None) -> "QuerySet[Value]":
    """Return the values that wait: for the district's confirmation, or for an answer about their unit."""
    rows = Value.objects.filter(state__in=OPEN).select_related("school", "year", "corrects")
    if year is not None:
        rows = rows.filter(year=year)
    if actor.sees_district:
        return rows.order_by("school__code", "part", "pk")
    return rows.filter(school__in=[school.pk for school in own_schools(actor)]).order_by("part", "pk")


def appeals(actor: Actor) -> "QuerySet[Appeal]":
    """Return the objections that the actor may read, open ones first."""
    rows = Appeal.objects.select_related(
        "result__school", "result__judgement__year", "result__judgement__run"
    )
    if not actor.sees_district:
        rows = rows.filter(result__school__in=[school.pk for school in own_schools(actor)])
    return rows.order_by("settled", "-pk")


def open_appeals(actor: Actor) -> "QuerySet[Appeal]":
    """Return the objections that wait."""
    return appeals(actor).filter(state=AppealState.OPEN)


def changed_since(judgement: Judgement) -> int:
    """Return how many values of the year came into force, or went, after a judgement."""
    moment = judgement.run.created
    newer = Value.objects.filter(year=judgement.year_id, state=ValueState.IN_FORCE)
    return newer.filter(Q(entered__gt=moment) | Q(confirmed__gt=moment)).count()


def facts_label(codes: Sequence[str]) -> str:
    """Return facts in words, for a sentence."""
    return _(", ").join(str(FACTS[code].label) for code in codes)


def offices_of(year_id: int) -> "tuple[dict[str, str], dict[str, int]]":
    """Return the office in charge of each item of a year, and how many pieces of evidence it has: one question."""
    rows = Item.objects.filter(year=year_id).annotate(
        pieces=Count("evidence", filter=Q(evidence__withdrawn=None), distinct=True)
    )
    listed = list(rows)
    return {row.code: row.office for row in listed}, {row.code: row.pieces for row in listed}


def shown_years(actor: Actor) -> list[str]:
    """Return the codes of the latest three school years that have begun, for who moves between them."""
    return list(years().filter(start__lte=actor.day).values_list("code", flat=True)[:3])
