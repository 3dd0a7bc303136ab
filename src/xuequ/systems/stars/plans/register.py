"""What development plans may hold about people: words in which somebody may be named."""

from django.utils.translation import gettext_lazy as _

from xuequ.core.registry import PersonalData

_BASIS = _("planning the school's digital development, a legal duty")
_KEPT = _("kept with the plan; names in it are taken out when a person is erased")
_SEEN = _("the school's leaders and, once handed in, the district's readers")

PERSONAL_DATA = (
    PersonalData(
        model="stars.DevelopmentPlan", what=_("what a school plans, in words"), basis=_BASIS, retention=_KEPT,
        seen_by=_SEEN, free_text=("title", "speciality", "why"),
    ),
    PersonalData(
        model="stars.PlanGoal", what=_("goals and steps of a school's plan, in words"), basis=_BASIS, retention=_KEPT,
        seen_by=_SEEN, free_text=("text", "measure", "steps"),
    ),
    PersonalData(
        model="stars.PlanReview", what=_("what a school and the district write about a plan"), basis=_BASIS,
        retention=_KEPT, seen_by=_SEEN, free_text=("text", "comment"),
    ),
)  # fmt: skip
