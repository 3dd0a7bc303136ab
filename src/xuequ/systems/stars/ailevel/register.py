"""What the level of AI education holds about people: who votes, and words in which somebody may be named."""

from django.utils.translation import gettext_lazy as _

from xuequ.core.registry import PersonalData

_BASIS = _("evaluating and improving schools, a legal duty")

PERSONAL_DATA = (
    PersonalData(
        model="stars.LevelRater",
        what=_("who was asked to vote on the level of AI education of schools"),
        basis=_BASIS,
        retention=_("kept with the round, so that its result can be accounted for"),
        seen_by=_("the rater; others see a number and no name"),
        person=("rater__person",),
        export={"round__title": _("round"), "assigned": _("asked")},
    ),
    PersonalData(
        model="stars.LevelVote",
        what=_("what raters wrote about a school, in words"),
        basis=_BASIS,
        retention=_("kept with the round; names in it are taken out when a person is erased"),
        seen_by=_("the rater"),
        free_text=("note",),
    ),
    PersonalData(
        model="stars.WeightBallot",
        what=_("who was asked to compare in pairs, and the judgements"),
        basis=_BASIS,
        retention=_("kept with the vote, so that weights can be accounted for"),
        seen_by=_("the expert; others see judgements without a name"),
        person=("expert__person",),
        export={"poll__title": _("vote"), "handed_in": _("handed in")},
    ),
    PersonalData(
        model="stars.SchoolLevel",
        what=_("what a school answers to its level, and the district's reply, in words"),
        basis=_BASIS,
        retention=_("kept with the evaluation; names in it are taken out when a person is erased"),
        seen_by=_("the school's leaders and the district's readers"),
        free_text=("answer", "reply"),
    ),
)
