"""What this part of the data office offers to the menu and the home pages."""

from xuequ.systems.office.parts import Part

PART = Part()
