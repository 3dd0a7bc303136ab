"""The demo's support: visits of this and last term, one round of money decided and one open, pairs with their acts."""

from typing import Any

import xuequ.systems.support.funding.demo as funding
import xuequ.systems.support.pairing.demo as pairing
import xuequ.systems.support.visits.demo as visits


def build(demo: Any) -> None:
    """Build the parts one after the other."""
    visits.build(demo)
    funding.build(demo)
    pairing.build(demo)
