"""What may be done in balance: judge a year, publish what was found, object, settle an objection, try something out."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from xuequ import __version__
from xuequ.core import audit, clock
from xuequ.core.errors import Forbidden, Refused
from xuequ.district.actors import Actor
from xuequ.district.models import SchoolYear
from xuequ.engines.balance.indicators import IndicatorSet
from xuequ.engines.errors import InputError
from xuequ.record.actions import IndicatorValue, create_run, finish_run, publish_indicators, start_run
from xuequ.record.models import Indicator, Run
from xuequ.systems.balance import queries, storing
from xuequ.systems.balance.access import keeps, speaks_for
from xuequ.systems.balance.book import Book
from xuequ.systems.balance.choices import AppealState
from xuequ.systems.balance.items import actions as items
from xuequ.systems.balance.judging import StagePlan, Verdicts, judge_book, plans_to_pass
from xuequ.systems.balance.models import Appeal, ItemResult, Judgement, RuleSet, SchoolResult, WeakRule
from xuequ.systems.balance.rules import actions as rules
from xuequ.systems.balance.rules import queries as rules_queries
from xuequ.systems.balance.rules.document import rules_of
from xuequ.systems.balance.values.actions import take_known
from xuequ.systems.balance.wording import in_words

GROWTH = "growth.effect.g"
STARS = "stars.award"


def judge_year(*, actor: Actor, year: SchoolYear) -> Judgement:
    """Take what is known anew, judge all values in force by the rules in force, and keep it as a run.

    Raises ``Refused`` with the sentence that says what stands against it; nothing is kept then.
    """
    if not (keeps(actor) or actor.is_system):
        raise Forbidden(_("You may not judge the district."))
    with transaction.atomic():
        take_known(actor=actor, year=year)
        rule_set, weak_rule = rules.ship(), rules.ship_weak_rule()
        items.ensure(year, [one.code for one in rules_of(rule_set.text).requirements])
        book = queries.book_of(year)
        if not any(True for _section in book.sections()):
            raise Refused(_("No school has pupils in this year yet, so there is nothing to judge."))
        verdicts = _judged(book, rules_queries.rules_for(rule_set, year.pk))
        run = _run(actor, year, book, rule_set, weak_rule)
        judgement = Judgement.objects.create(
            run=run, year=year, rules=rule_set, weak_rule=weak_rule, verdict=verdicts.verdict,
            findings=storing.findings(book, verdicts),
        )  # fmt: skip
        _keep_schools(judgement, book, verdicts, weak_rule)
        finish_run(run, actor=actor)
    return judgement


def _judged(book: Book, found: IndicatorSet) -> Verdicts:
    try:
        return judge_book(book, found)
    except InputError as error:
        raise Refused(in_words(error, {str(s.pk): s.name for s in book.schools})) from error


def _run(actor: Actor, year: SchoolYear, book: Book, rule_set: RuleSet, weak_rule: WeakRule) -> Run:
    older = Judgement.objects.filter(year=year, superseded=None).order_by("-run_id").first()
    allowed = rules_queries.allowances(year.pk).order_by("pk")
    run = create_run(
        actor=actor,
        system="balance",
        kind="judgement",
        title=_("Balance of %(year)s") % {"year": year.code},
        engine_version=__version__,
        parameters={
            "rules": rule_set.version,
            "weak_rule": str(weak_rule.uid),
            "exceptions": [str(row.uid) for row in allowed],
        },
        year=year,
        supersedes=older.run if older is not None else None,
    )
    return start_run(run, book.long())


def _keep_schools(judgement: Judgement, book: Book, verdicts: Verdicts, rule: WeakRule) -> None:
    growth, stars = _growth_high(book), _stars(book, judgement.year.code)
    upheld = set(
        Appeal.objects.filter(result__judgement__year=judgement.year, state=AppealState.UPHELD).values_list(
            "result__school_id", flat=True
        )
    )
    results = storing.school_results(judgement, book, verdicts)
    for result, _items in results:
        storing.weigh(
            result,
            rule,
            growth.get(result.school_id),
            stars.get(result.school_id),
            result.school_id in upheld,
        )
    SchoolResult.objects.bulk_create([result for result, _items in results])
    ItemResult.objects.bulk_create([item for _result, items in results for item in items], batch_size=400)


def _growth_high(book: Book) -> dict[int, float]:
    """The upper end of the latest published growth of each school; of several grades, the lowest: one is enough."""
    rows = Indicator.objects.filter(
        superseded=None, code__startswith=GROWTH, high__isnull=False, school__in=[s.pk for s in book.schools]
    ).values_list("school_id", "period", "high")
    latest: dict[int | None, tuple[str, float]] = {}
    for school, period, end in rows:
        high = float(end or 0.0)  # the query leaves out what has no interval
        known = latest.get(school)
        if known is None or period > known[0] or (period == known[0] and high < known[1]):
            latest[school] = (period, high)
    return {school: high for school, (_period, high) in latest.items() if school is not None}


def _stars(book: Book, period: str) -> dict[int, float]:
    """The star last awarded to each school up to this year: one stays until the city awards another."""
    rows = Indicator.objects.filter(
        superseded=None,
        code=STARS,
        period__lte=period,
        value__isnull=False,
        school__in=[s.pk for s in book.schools],
    )
    ordered = rows.order_by("period").values_list("school_id", "value")
    return {pk: float(value or 0.0) for pk, value in ordered if pk is not None}


def publish(*, actor: Actor, judgement: Judgement) -> Judgement:
    """Show a judgement to the schools and publish its indicators; an older one of the same year ends."""
    if not (keeps(actor) or actor.is_system):
        raise Forbidden(_("You may not publish a judgement."))
    with transaction.atomic():
        locked = (
            Judgement.objects.select_for_update(of=("self",))
            .select_related("run", "year")
            .get(pk=judgement.pk)
        )
        if locked.published is not None:
            return locked
        moment = clock.now()
        same = Judgement.objects.filter(year=locked.year, superseded=None).exclude(pk=locked.pk)
        same.filter(run_id__lt=locked.run_id).update(superseded=moment)
        locked.published, locked.published_by_id = moment, actor.account_id
        locked.save(update_fields=["published", "published_by"])
        publish_indicators(
            actor=actor, run=locked.run, period=locked.year.code, values=_values(locked.schools.all())
        )
        audit.record(actor, "balance.published", locked.run, {"year": locked.year.code})
    return locked


def _values(rows: Iterable[SchoolResult]) -> "list[IndicatorValue]":
    found = []
    for row in rows:
        place: dict[str, Any] = {"n": row.pupils, "school_id": row.school_id}
        most = float(row.unmet + row.missing)
        found += [
            IndicatorValue("balance.unmet", float(row.unmet), float(row.unmet), most, **place),
            IndicatorValue("balance.shortfall", row.shortfall, row.shortfall, row.shortfall_high, **place),
            IndicatorValue("balance.weak", float(row.weak), None, None, **place),
        ]
    return found


def object_to(*, actor: Actor, result: SchoolResult, text: str) -> Appeal:
    """Object to being counted as weak, in the school's name."""
    if not speaks_for(actor, result.school):
        raise Forbidden(_("Only the head of the school objects in its name."))
    if not result.weak:
        raise Refused(_("The school is not counted as weak, so there is nothing to object to."))
    if not text.strip():
        raise Refused(_("Say why the school should not be counted."))
    with transaction.atomic():
        SchoolResult.objects.select_for_update().get(pk=result.pk)  # one objection at a time
        if result.appeals.filter(state=AppealState.OPEN).exists():
            raise Refused(_("An objection already waits for the district."))
        made = Appeal.objects.create(
            result=result, text=text.strip(), entered_by_id=actor.account_id, entered=clock.now()
        )
        audit.record(actor, "balance.objection.raised", made)
    return made


def settle(*, actor: Actor, appeal: Appeal, upheld: bool, answer: str) -> Appeal:
    """Settle an objection; when it is upheld, the year is judged and published anew, this school not among the weak."""
    if not keeps(actor):
        raise Forbidden(_("Objections are settled by the district."))
    if not answer.strip():
        raise Refused(_("The school needs an answer in words."))
    with transaction.atomic():
        locked = (
            Appeal.objects.select_for_update(of=("self",))
            .select_related("result__judgement__year")
            .get(pk=appeal.pk)
        )
        if locked.state != AppealState.OPEN:
            raise Refused(_("This objection was settled meanwhile."))
        locked.state = AppealState.UPHELD if upheld else AppealState.REJECTED
        locked.answer, locked.settled, locked.settled_by_id = answer.strip(), clock.now(), actor.account_id
        locked.save(update_fields=["state", "answer", "settled", "settled_by"])
        audit.record(actor, "balance.objection.settled", locked, {"upheld": upheld})
        if upheld:
            publish(actor=actor, judgement=judge_year(actor=actor, year=locked.result.judgement.year))
    return locked


def try_out(*, actor: Actor, year: SchoolYear, books: Sequence[Book]) -> "list[Verdicts]":
    """Judge books of the year as the rules stand, one after the other; nothing is stored."""
    if not (actor.sees_district or actor.is_system):
        raise Forbidden(_("You may not try out the district's figures."))
    rule_set = rules_queries.in_force()
    if rule_set is None:
        raise Refused(_("The year has not been judged yet; judge it first."))
    found = rules_queries.rules_for(rule_set, year.pk)
    return [_judged(book, found) for book in books]


def least_to_pass(
    *, actor: Actor, year: SchoolYear, prices: Mapping[str, Decimal], fees: Mapping[str, Decimal]
) -> "tuple[Book, Sequence[StagePlan]]":
    """Find the least that brings each stage to pass, by buying and by moving staff; nothing is stored."""
    if not (actor.sees_district or actor.is_system):
        raise Forbidden(_("You may not see what the whole district would cost."))
    rule_set = rules_queries.in_force()
    if rule_set is None:
        raise Refused(_("The year has not been judged yet; judge it first."))
    book = queries.book_of(year)
    try:
        return book, plans_to_pass(book, rules_queries.rules_for(rule_set, year.pk), prices, fees)
    except InputError as error:
        raise Refused(in_words(error, {str(s.pk): s.name for s in book.schools})) from error
