"""Contracts and payments: nothing is paid beyond a contract, and what goes beyond the budget says why."""

import datetime as dt
from decimal import Decimal

from django.db.models import Sum
from django.utils.translation import gettext as _

from xuequ.core import audit
from xuequ.core.errors import Refused
from xuequ.core.money import looks_mixed, plain_sum
from xuequ.district.actors import Actor
from xuequ.systems.programmes.choices import Source, Way
from xuequ.systems.programmes.models import Contract, Payment, Project
from xuequ.systems.programmes.projects import access as rights
from xuequ.systems.programmes.projects.actions import locked, require

ZERO = Decimal(0)


def order(
    *,
    actor: Actor,
    project: Project,
    title: str,
    supplier: str,
    way: Way,
    source: Source,
    sum_yuan: Decimal,
    signed: dt.date,
    over: str = "",
) -> Contract:
    """Enter a contract. Beyond the budget of its source it needs a reason, which the leading group reads."""
    with locked(project) as current:
        require(rights.may_order(actor, current))
        budget = current.funds.filter(source=source).aggregate(s=Sum("budget_yuan"))["s"] or ZERO
        ordered = current.contracts.filter(source=source).aggregate(s=Sum("sum_yuan"))["s"] or ZERO
        if signed > actor.day:
            raise Refused(_("A contract is entered when it has been signed."))
        if looks_mixed(sum_yuan, budget):
            raise Refused(_mixed(sum_yuan, budget))
        beyond = ordered + sum_yuan - budget
        if beyond > 0 and not over.strip():
            raise Refused(
                _(
                    "With this contract %(beyond)s 元 more than the budget of this source are ordered. Say why below."
                )
                % {"beyond": plain_sum(beyond)}
            )
        made = Contract.objects.create(
            project=current,
            title=title.strip(),
            supplier=supplier.strip(),
            way=way,
            source=source,
            sum_yuan=sum_yuan,
            signed=signed,
            over=over.strip()[:200] if beyond > 0 else "",
        )
        data = {"sum_yuan": str(sum_yuan), "over_yuan": str(max(ZERO, beyond))}
        audit.record(actor, "programmes.contract.entered", current, data)
    return made


def _mixed(sum_yuan: Decimal, budget: Decimal) -> str:
    text = _(
        "The contract says %(sum)s 元 and the budget %(budget)s 元, ten thousand times apart: which of them is in 万元?"
        " Write the unit behind the sum."
    )
    return text % {"sum": plain_sum(sum_yuan), "budget": plain_sum(budget)}


def pay(*, actor: Actor, contract: Contract, amount_yuan: Decimal, paid: dt.date) -> Payment:
    """Enter a payment; more than the contract says is refused."""
    with locked(contract.project) as current:
        require(rights.may_pay(actor, current))
        before = contract.payments.aggregate(s=Sum("amount_yuan"))["s"] or ZERO
        left = contract.sum_yuan - before
        if looks_mixed(amount_yuan, left) and amount_yuan < left:
            raise Refused(_mixed_payment(amount_yuan, left))
        if amount_yuan > left:
            raise Refused(
                _(
                    "Of this contract %(left)s 元 are left to pay; %(amount)s 元 would be more. Nothing was entered."
                )
                % {"left": plain_sum(left), "amount": plain_sum(amount_yuan)}
            )
        if paid > actor.day:
            raise Refused(_("A payment is entered when it has been made."))
        made = Payment.objects.create(
            contract=contract, amount_yuan=amount_yuan, paid=paid, entered_by_id=actor.account_id
        )
        audit.record(actor, "programmes.payment.entered", current, {"amount_yuan": str(amount_yuan)})
    return made


def _mixed_payment(amount: Decimal, left: Decimal) -> str:
    text = _(
        "%(left)s 元 are left to pay: do you mean %(amount)s 元 or %(amount)s 万元? Write the unit behind the sum."
    )
    return text % {"left": plain_sum(left), "amount": plain_sum(amount)}
