"""What alerts may hold about people: what was written in them, in free text."""

from django.utils.translation import gettext_lazy as _

from xuequ.core.registry import PersonalData

PERSONAL_DATA = (
    PersonalData(
        model="growth.TrendAlert",
        what=_("what a school answers to an alert about its growth, and what came of it, in words"),
        basis=_("steering and accounting for support to schools, a legal duty"),
        retention=_("kept with the evaluation; names in it are taken out when a person is erased"),
        seen_by=_("the school's leaders and the district's readers"),
        free_text=("answer", "outcome"),
    ),
)
