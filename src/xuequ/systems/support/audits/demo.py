"""The demo's audit: fields of last year's round drawn and looked at, one found wrong and answered by its school."""

from decimal import Decimal
from typing import Any

from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import RoleAssignment
from xuequ.systems.support.audits import actions
from xuequ.systems.support.audits.choices import Field, Finding
from xuequ.systems.support.audits.models import Audit, Check
from xuequ.systems.support.funding.choices import RoundState
from xuequ.systems.support.funding.models import Round

SEED = 20_260_301


def build(demo: Any) -> None:
    """Draw a quarter of the fields of the round that is decided, look at them, and object to one."""
    of = Round.objects.filter(state=RoundState.DECIDED).exclude(proposal=None).order_by("-id").first()
    if of is None:
        return
    drawn = actions.draw(actor=demo.actor, of=of, share=Decimal("0.25"), change=Decimal("0.15"), seed=SEED)
    checks = list(drawn.checks.select_related("school", "project"))
    objected = _objected(drawn, checks)
    for check in checks:
        if check == objected:
            reason = "合同金额比申报少两千元，请说明。"
            right = check.stated - Decimal(2000)
            actions.record_finding(
                actor=demo.actor, check=check, finding=Finding.WRONG, reason=reason, right_value=right
            )
        else:
            actions.record_finding(actor=demo.actor, check=check, finding=Finding.RIGHT, reason="")
    if objected is not None:
        _answered(demo, objected)


def _objected(drawn: Audit, checks: list[Check]) -> Check | None:
    """A project's cost, of a school whose head can answer where there is one."""
    heads = set(RoleAssignment.objects.filter(role=Role.HEAD).values_list("school", flat=True))
    costs = [check for check in checks if check.field == Field.COST]
    return next((check for check in costs if check.school_id in heads), costs[0] if costs else None)


def _answered(demo: Any, check: Check) -> None:
    role = (
        RoleAssignment.objects.filter(role=Role.HEAD, school=check.school).select_related("account").first()
    )
    if role is not None:
        actor = Actor.of(role.account, demo.day)
        actions.reply(actor=actor, check=check, text="合同后补签了安装费两千元，补充协议已上传。")
