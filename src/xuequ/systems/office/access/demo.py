"""The demo's part: a deputy, a role that has ended, an account that is closed."""

import datetime as dt

from xuequ.core.models import Account
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import RoleAssignment
from xuequ.district.roles import lend
from xuequ.kit.demo import DemoContext


def build(demo: DemoContext) -> None:
    """Lend the head's role to the school's administrator for two weeks, and write some history."""
    head, deputy = demo.account("demo-head"), demo.account("demo-school")
    own = RoleAssignment.objects.get(account=head, role=Role.HEAD, end=None)
    until = demo.day + dt.timedelta(days=14)
    lend(actor=Actor.of(head, demo.day), row=own, borrower=deputy, start=demo.day, end=until)
    _former(demo, own)


def _former(demo: DemoContext, own: RoleAssignment) -> None:
    """A teacher of the school who was its data officer last year, and one whose account is closed."""
    staff = Account.objects.filter(username__startswith="staff-", roles__school=own.school).distinct()
    former, closed = staff.order_by("username")[:2]
    RoleAssignment.objects.create(
        account=former,
        role=Role.DATA_OFFICER,
        school=own.school,
        start=demo.day - dt.timedelta(days=500),
        end=demo.day - dt.timedelta(days=120),
        granted_by=demo.account("demo-data"),
    )
    closed.is_active = False
    closed.save(update_fields=["is_active"])
