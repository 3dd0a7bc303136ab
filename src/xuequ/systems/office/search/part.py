"""What the search offers: a box at the head of every page, and results. It needs no entry in the menu."""

from xuequ.systems.office.parts import Part
from xuequ.systems.office.search.demo import build

PART = Part(demo=build)
