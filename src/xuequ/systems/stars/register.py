"""What stars hold about people: who rates which school, and words that may name somebody."""

from django.utils.translation import gettext_lazy as _

from xuequ.core.registry import Ground, PersonalData

_BASIS = _("steering and accounting for support to schools, a legal duty")
_KEPT = _("kept with the round; names in it are taken out when a person is erased")
_DISTRICT = _("the school's leaders and the district's readers")

PERSONAL_DATA = (
    PersonalData(
        model="stars.SecondRater",
        what=_("which schools you were asked to rate for a star, and when you handed in"),
        basis=_("managing one's own staff"),
        ground=Ground.STAFF,
        retention=_("kept with the round; the login leads to nobody after an erasure"),
        uses=_("second ratings of schools"),
        seen_by=_("yourself and those who run the round"),
        person=("rater__person",),
        export={
            "application__round__title": _("round"), "application__school__name": _("school"),
            "assigned": _("asked on"), "handed_in": _("handed in"),
        },
    ),
    PersonalData(
        model="stars.SelfRating", what=_("a school's words about an item of its self-rating"), basis=_BASIS,
        retention=_KEPT, seen_by=_DISTRICT, free_text=("note",),
    ),
    PersonalData(
        model="stars.SecondRating", what=_("a rater's words about an item"), basis=_BASIS, retention=_KEPT,
        seen_by=_("the rater and those who run the round"), free_text=("note",),
    ),
    PersonalData(
        model="stars.RatingPhoto",
        what=_("photographs that you took at a school that you rate"),
        basis=_("managing one's own staff"),
        ground=Ground.STAFF,
        retention=_("kept with the round; the login leads to nobody after an erasure"),
        uses=_("second ratings of schools"),
        seen_by=_("yourself and those who run the round; other raters only once the result is settled"),
        person=("second__rater__person",),
        export={"item": _("item"), "evidence__file_name": _("file"), "evidence__uploaded": _("time")},
    ),
    PersonalData(
        model="stars.SettledPoints", what=_("the district's words about the points of an item"), basis=_BASIS,
        retention=_KEPT, seen_by=_DISTRICT, free_text=("note",),
    ),
    PersonalData(
        model="stars.Appeal", what=_("what a school says against points, and the answer"), basis=_BASIS,
        retention=_KEPT, seen_by=_DISTRICT, free_text=("text", "answer"),
    ),
    PersonalData(
        model="stars.HistoryEntry", what=_("the history of a school's application, in words"), basis=_BASIS,
        retention=_KEPT, seen_by=_DISTRICT, free_text=("text",),
    ),
    PersonalData(
        model="stars.Practice", what=_("how a school reached an item, in its own words"), basis=_BASIS,
        retention=_("until the school takes it back; names in it are taken out when a person is erased"),
        seen_by=_("all schools"), free_text=("text",),
    ),
)  # fmt: skip
