"""The demo's support: visits of this and last term, a round of money decided and audited, one open, pairs."""

from typing import Any

import xuequ.systems.support.audits.demo as audits
import xuequ.systems.support.funding.demo as funding
import xuequ.systems.support.pairing.demo as pairing
import xuequ.systems.support.visits.demo as visits


def build(demo: Any) -> None:
    """Build the parts one after the other."""
    visits.build(demo)
    funding.build(demo)
    audits.build(demo)
    pairing.build(demo)
