"""What may be done with the rules: a new version, adopting it, exceptions, unit prices, the rule for weak schools."""

from collections.abc import Mapping
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from xuequ.core import audit, clock
from xuequ.core.errors import Forbidden, Refused
from xuequ.district.actors import Actor
from xuequ.district.models import School, SchoolYear
from xuequ.systems.balance.access import adopts, keeps
from xuequ.systems.balance.choices import Ground
from xuequ.systems.balance.models import Allowance, Prices, RuleSet, WeakRule
from xuequ.systems.balance.rules import document, queries

SMALL = (50, 99)


def ship() -> RuleSet:
    """Return the version in force; where there is none, the shipped document becomes it."""
    found = queries.in_force()
    if found is not None:
        return found
    text, moment = document.shipped(), clock.now()
    rules = document.rules_of(text)
    made, _new = RuleSet.objects.get_or_create(
        version=rules.version, defaults={"text": text, "created": moment, "adopted": moment}
    )
    return made


def ship_weak_rule() -> WeakRule:
    """Return the rule for weak schools that holds; where there is none, the shipped one is published."""
    return queries.weak_rule() or WeakRule.objects.create(published=clock.now())


def new_version(*, actor: Actor, based_on: RuleSet | None, text: str, version: str, reason: str) -> RuleSet:
    """Keep a document as a new version, which holds only when it is adopted; ``Refused`` says what is wrong in it."""
    if not keeps(actor):
        raise Forbidden(_("You may not change the rules."))
    try:
        named = document.written({**document.parsed(text), "version": version})
        document.rules_of(named)
    except ValueError as error:  # InputError is one, and so is what a broken TOML raises
        raise Refused(_("These rules cannot be used: %(error)s") % {"error": error}) from error
    if RuleSet.objects.filter(version=version).exists():
        raise Refused(
            _("There is already a version called “%(version)s”; give it another name.") % {"version": version}
        )
    with transaction.atomic():
        made = RuleSet.objects.create(
            version=version, text=named, reason=reason, based_on=based_on, created_by_id=actor.account_id,
            created=clock.now(),
        )  # fmt: skip
        audit.record(actor, "balance.rules.written", made, {"version": version})
    return made


def adopt(*, actor: Actor, rule_set: RuleSet) -> RuleSet:
    """Put a version into force; judgements made before keep their own."""
    if not adopts(actor):
        raise Forbidden(_("The rules are put into force by the bureau's leader or the officer in charge."))
    with transaction.atomic():
        locked = RuleSet.objects.select_for_update().get(pk=rule_set.pk)
        locked.adopted, locked.confirmed_by_id = clock.now(), actor.account_id
        locked.save(update_fields=["adopted", "confirmed_by"])
        audit.record(actor, "balance.rules.adopted", locked, {"version": locked.version})
    return locked


def allow(
    *, actor: Actor, year: SchoolYear, school: School, part: str, code: str, ground: str, add: Decimal | None,
    reason: str,
) -> Allowance:  # fmt: skip
    """Grant an exception; ``Refused`` where the rules know none for item and ground, or the school does not fit."""
    if not keeps(actor):
        raise Forbidden(_("Exceptions are granted by the district."))
    if not reason.strip():
        raise Refused(_("An exception needs its reason."))
    _check_ground(code, ground, add)
    if ground == Ground.RURAL_SMALL:
        _check_small(year, school, part)
    with transaction.atomic():
        moment = clock.now()
        same = Allowance.objects.filter(year=year, school=school, part=part, code=code, ended=None)
        same.update(ended=moment)
        made = Allowance.objects.create(
            year=year, school=school, part=part, code=code, ground=ground, add=add, reason=reason.strip(),
            entered_by_id=actor.account_id, entered=moment,
        )  # fmt: skip
        audit.record(actor, "balance.exception.granted", made, {"item": code, "ground": ground})
    return made


def _check_ground(code: str, ground: str, add: Decimal | None) -> None:
    if not ground:
        return
    rules = document.rules_of(ship().text)
    if not any(ground in one.grounds for one in rules.indicators if one.code == code):
        raise Refused(_("The rules know no such exception for item %(code)s.") % {"code": code})
    if add is None:
        raise Refused(_("Say how much counts as well; an exception of the rules adds, it does not waive."))


def _check_small(year: SchoolYear, school: School, part: str) -> None:
    from xuequ.systems.balance import queries as own

    book = own.book_of(year)
    place = next((one for one in book.schools if one.pk == school.pk), None)
    pupils = book.pupils(place, part) if place is not None else 0
    if not SMALL[0] <= pupils <= SMALL[1]:
        raise Refused(
            _("This exception is for rural schools of %(low)s to %(high)s pupils; here there are %(n)s.")
            % {"low": SMALL[0], "high": SMALL[1], "n": pupils}
        )


def end_allowance(*, actor: Actor, allowance: Allowance) -> None:
    """End an exception; judgements made with it keep it."""
    if not keeps(actor):
        raise Forbidden(_("Exceptions are granted by the district."))
    with transaction.atomic():
        locked = Allowance.objects.select_for_update().get(pk=allowance.pk)
        if locked.ended is None:
            locked.ended = clock.now()
            locked.save(update_fields=["ended"])
            audit.record(actor, "balance.exception.ended", locked)


def set_prices(
    *, actor: Actor, prices: Mapping[str, Decimal], moves: Mapping[str, Decimal], note: str
) -> Prices:
    """Keep unit prices by item, and fees of a move for items whose staff may move; both are above zero."""
    if not keeps(actor):
        raise Forbidden(_("Unit prices are kept by the district."))
    if any(price <= 0 for price in (*prices.values(), *moves.values())):
        raise Refused(_("A unit price must be above zero."))
    with transaction.atomic():
        made = Prices.objects.create(
            prices={code: str(price) for code, price in prices.items()},
            moves={code: str(fee) for code, fee in moves.items()}, note=note,
            entered_by_id=actor.account_id, entered=clock.now(),
        )  # fmt: skip
        audit.record(actor, "balance.prices.set", made)
    return made


def publish_weak_rule(*, actor: Actor, **fields: object) -> WeakRule:
    """Publish a version of the rule for weak schools; judgements made before keep theirs."""
    if not keeps(actor):
        raise Forbidden(_("The rule for weak schools is set by the district."))
    with transaction.atomic():
        made = WeakRule(published=clock.now(), published_by_id=actor.account_id)
        for name, value in fields.items():
            setattr(made, name, value)
        if made.needed > made.count_of_signs:
            raise Refused(_("More signs are asked for than the rule has."))
        made.save()
        audit.record(actor, "balance.weak-rule.published", made)
    return made
