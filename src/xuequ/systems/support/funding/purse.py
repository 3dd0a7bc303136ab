"""A source of money as the sharing out sees it. Pure."""

from dataclasses import dataclass
from decimal import Decimal

import polars as pl


@dataclass(frozen=True, slots=True)
class Purse:
    """A source of money."""

    name: str
    amount: Decimal
    dimension: str = ""
    weak_only: bool = False

    @property
    def is_free(self) -> bool:
        """Whether it may pay anything."""
        return not self.dimension and not self.weak_only

    def pays(self) -> pl.Expr:
        """Condition on applications (``material.Material.table``): those that it may pay."""
        kind = pl.col("kind") == self.dimension if self.dimension else pl.lit(True)
        return kind & (pl.col("weak") == "1") if self.weak_only else kind
