"""What this part of the data office offers to the menu and the home pages."""

from xuequ.systems.office.parts import Part
from xuequ.systems.office.rights.cards import counts, home_cards, navigation
from xuequ.systems.office.rights.demo import build

PART = Part(navigation=navigation, counts=counts, home_cards=home_cards, demo=build)
