"""The invented demo district: seeded, without real names, within the rules on examinations."""

from xuequ.kit.demo.accounts import DemoAccount, demo_accounts
from xuequ.kit.demo.context import AssessedCohort, DemoContext
from xuequ.kit.demo.plan import Scale

__all__ = ["AssessedCohort", "DemoAccount", "DemoContext", "Scale", "demo_accounts"]
