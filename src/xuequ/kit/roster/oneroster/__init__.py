"""OneRoster 1.2 CSV (1EdTech): the roster as an archive that other systems read, and such archives as a roster."""

from xuequ.kit.roster.oneroster.reading import read
from xuequ.kit.roster.oneroster.writing import export

__all__ = ["export", "read"]
