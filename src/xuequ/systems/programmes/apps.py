"""Projects and equipment as a system of the district."""

import datetime as dt
from typing import Any

from django.utils.translation import gettext_lazy as _

from xuequ.core.registry import System
from xuequ.systems.programmes.catalogue import INDICATORS
from xuequ.systems.programmes.register import PERSONAL_DATA


class ProgrammesConfig(System):
    name = "xuequ.systems.programmes"
    label = "programmes"
    verbose_name = _("Projects and equipment")
    title = _("Projects and equipment")
    icon = "package"
    order = 30
    indicators = INDICATORS
    personal_data = PERSONAL_DATA

    def build_demo(self, demo: Any) -> None:
        from xuequ.systems.programmes.demo import build

        build(demo)

    def daily(self, day: dt.date) -> None:
        """Count the ledger once a month."""
        from xuequ.systems.programmes.publishing import count_when_due

        count_when_due(day)
