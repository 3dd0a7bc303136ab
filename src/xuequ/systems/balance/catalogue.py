"""What balance publishes, and the catalogue of facts it rests on, each with unit and scope."""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from xuequ.core.figures import Text
from xuequ.core.registry import Good, IndicatorDefinition
from xuequ.record.choices import IndicatorAudience
from xuequ.systems.balance.headings import HEADINGS

_SOURCE = _("judgement of balance by the district; the run is named with each number")


def definitions() -> tuple[IndicatorDefinition, ...]:
    """Return the catalogue entries of the indicators that balance publishes, one value for each school and year."""
    return (
        IndicatorDefinition(
            "balance.unmet",
            _("items of resources not met"),
            _(
                "Items of the seven below their threshold, of the school or of its worse part; exceptions count as met"
            ),
            pgettext_lazy("unit", "items"),
            _SOURCE,
            IndicatorAudience.SCHOOL,
            Good.LESS,
        ),
        IndicatorDefinition(
            "balance.shortfall",
            _("mean gap to the thresholds"),
            _(
                "Mean over the seven items of what is missing to the threshold, as a share of it; 0 is all met"
            ),
            _("share"),
            _SOURCE,
            IndicatorAudience.SCHOOL,
        ),
        IndicatorDefinition(
            "balance.weak",
            _("counts as a weak school"),
            _("1 by the published rule for weak schools, else 0; an objection that was upheld makes it 0"),
            _("yes is 1"),
            _SOURCE,
            IndicatorAudience.SCHOOL,
        ),
    )


class Scope(StrEnum):
    """Of what a fact speaks."""

    PART = "part"  # of a school, or of each part of a nine-year school
    SCHOOL = "school"
    COUNTY = "county"


class Form(StrEnum):
    """How a fact is written."""

    COUNT = "count"
    AREA = "area"
    MONEY = "money"
    SHARE = "share"
    YES_NO = "yes_no"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class FactKind:
    """A fact: ``known`` ones are counted from the roster and never asked for; ``headings`` are those of tables."""

    code: str
    label: Text
    scope: Scope
    form: Form
    unit: Text = ""
    known: bool = False
    headings: tuple[str, ...] = ()


_PART, _SCHOOL, _COUNTY = Scope.PART, Scope.SCHOOL, Scope.COUNTY
_SCHOOLS = pgettext_lazy("unit", "schools")
_PERSONS, _SQUARE, _ROOMS, _YUAN = (
    pgettext_lazy("unit", "persons"),
    "m²",
    pgettext_lazy("unit", "rooms"),
    _("yuan"),
)


KNOWN = ("pupils", "classes", "compulsory_pupils", "largest_primary_class", "largest_junior_class")
"""Facts that are counted from the roster."""


def _kinds(scope: Scope, *rows: tuple[str, Text, Form, Text]) -> tuple[FactKind, ...]:
    return tuple(
        FactKind(code, label, scope, form, unit, code in KNOWN, tuple(HEADINGS.get(code, "").split()))
        for code, label, form, unit in rows
    )


PART_FACTS = _kinds(
    _PART,
    ("pupils", _("pupils"), Form.COUNT, _PERSONS),
    ("teachers_college", _("teachers with a college certificate"), Form.COUNT, _PERSONS),
    ("teachers_bachelor", _("teachers with a bachelor's degree"), Form.COUNT, _PERSONS),
    ("teachers_master", _("teachers with a master's degree"), Form.COUNT, _PERSONS),
    ("teachers_doctor", _("teachers with a doctorate"), Form.COUNT, _PERSONS),
    ("backbone_teachers", _("backbone teachers of county rank and above"), Form.COUNT, _PERSONS),
    ("sport_teachers", _("full-time teachers of sport"), Form.COUNT, _PERSONS),
    ("music_teachers", _("full-time teachers of music"), Form.COUNT, _PERSONS),
    ("art_teachers", _("full-time teachers of fine art"), Form.COUNT, _PERSONS),
    ("arts_teachers", _("full-time teachers of the arts as one subject"), Form.COUNT, _PERSONS),
    ("teaching_rooms_m2", _("teaching and auxiliary rooms"), Form.AREA, _SQUARE),
    ("indoor_sports_m2", _("indoor sports rooms, part of these"), Form.AREA, _SQUARE),
    ("sports_grounds_m2", _("sports grounds"), Form.AREA, _SQUARE),
    ("equipment_value_yuan", _("original value of teaching equipment"), Form.MONEY, _YUAN),
    ("multimedia_rooms", _("networked multimedia classrooms"), Form.COUNT, _ROOMS),
)  # fmt: skip

SCHOOL_FACTS = _kinds(
    _SCHOOL,
    ("classes", _("classes"), Form.COUNT, _("classes")),
    ("compulsory_pupils", _("pupils in compulsory education"), Form.COUNT, _PERSONS),
    ("largest_primary_class", _("largest primary class"), Form.COUNT, _PERSONS),
    ("largest_junior_class", _("largest junior class"), Form.COUNT, _PERSONS),
    ("music_rooms", _("music rooms"), Form.COUNT, _ROOMS),
    ("art_rooms", _("art rooms"), Form.COUNT, _ROOMS),
    ("smallest_music_room_m2", _("smallest music room"), Form.AREA, _SQUARE),
    ("smallest_art_room_m2", _("smallest art room"), Form.AREA, _SQUARE),
    ("built_by_2016", _("built in 2016 or before"), Form.YES_NO, ""),
    ("charter", _("has a charter"), Form.YES_NO, ""),
    ("digital_management", _("management and teaching are digital"), Form.YES_NO, ""),
    ("training_funds_yuan", _("budget for teachers' training"), Form.MONEY, _YUAN),
    ("public_funds_yuan", _("budget of public funds"), Form.MONEY, _YUAN),
)  # fmt: skip

COUNTY_FACTS = _kinds(
    _COUNTY,
    ("layout_rational", _("the layout of schools is rational and keeps to the state's rules"), Form.YES_NO, ""),
    ("standards_uniform", _("standards of building, posts, funds and equipment are uniform"), Form.YES_NO, ""),
    ("small_schools", _("village schools and teaching points below 100 pupils"), Form.COUNT, _SCHOOLS),
    ("small_schools_funded_as_100", _("of these, funded as 100 pupils"), Form.COUNT, _SCHOOLS),
    ("special_funds_per_pupil_yuan", _("public funds per pupil of special schools"), Form.MONEY, _YUAN),
    ("teacher_pay_yuan", _("mean pay of teachers"), Form.MONEY, _YUAN),
    ("civil_servant_pay_yuan", _("mean pay of local civil servants"), Form.MONEY, _YUAN),
    ("teachers_due_360_hours", _("teachers due to have 360 hours of training in five years"), Form.COUNT, _PERSONS),
    ("teachers_with_360_hours", _("of these, with 360 hours"), Form.COUNT, _PERSONS),
    ("posts_allotted_by_county", _("the county allots posts among schools"), Form.YES_NO, ""),
    ("teachers_due_exchange", _("teachers who fulfil the conditions of exchange"), Form.COUNT, _PERSONS),
    ("teachers_exchanged", _("of these, exchanged this year"), Form.COUNT, _PERSONS),
    ("backbone_exchanged", _("of these, backbone teachers"), Form.COUNT, _PERSONS),
    ("teachers", _("full-time teachers"), Form.COUNT, _PERSONS),
    ("teachers_certified", _("of these, with a teacher's certificate"), Form.COUNT, _PERSONS),
    ("primary_entrants", _("new pupils of public primary schools in town"), Form.COUNT, _PERSONS),
    ("primary_entrants_by_zone", _("of these, admitted by their zone"), Form.COUNT, _PERSONS),
    ("junior_entrants", _("new pupils of public junior schools in town"), Form.COUNT, _PERSONS),
    ("junior_entrants_by_zone", _("of these, admitted by their zone"), Form.COUNT, _PERSONS),
    ("good_senior_places", _("places of good senior schools"), Form.COUNT, _("places")),
    ("good_senior_places_shared_out", _("of these, allotted to junior schools"), Form.COUNT, _("places")),
    ("places_favour_rural", _("the allotment favours rural junior schools"), Form.YES_NO, ""),
    ("left_behind_cared_for", _("care for left-behind children is complete"), Form.YES_NO, ""),
    ("migrants", _("children of migrant workers who fulfil the conditions"), Form.COUNT, _PERSONS),
    ("migrants_in_public_places", _("of these, in public or publicly paid places"), Form.COUNT, _PERSONS),
    ("graduates", _("graduates of junior school"), Form.COUNT, _PERSONS),
    ("entrants", _("pupils of grade 7 three years before"), Form.COUNT, _PERSONS),
    ("transferred_in", _("transferred in during the three years"), Form.COUNT, _PERSONS),
    ("transferred_out", _("transferred out during the three years"), Form.COUNT, _PERSONS),
    ("died", _("died during the three years"), Form.COUNT, _PERSONS),
    ("disabled_children", _("children with disabilities of school age"), Form.COUNT, _PERSONS),
    ("disabled_enrolled", _("of these, enrolled"), Form.COUNT, _PERSONS),
    ("digital_teaching_skilled", _("teachers use digital means skilfully, equipment is well used"), Form.YES_NO, ""),
    ("moral_culture_good", _("moral education and campus culture are good or better"), Form.YES_NO, ""),
    ("curriculum_complete", _("all courses are taught in full"), Form.YES_NO, ""),
    ("no_heavy_burden", _("pupils' load is not too heavy"), Form.YES_NO, ""),
    ("monitoring_lowest_level", _("lowest level of the subjects monitored"), Form.NUMBER, _("level")),
    ("monitoring_largest_between_rate", _("largest rate of difference between schools"), Form.NUMBER, ""),
    ("satisfaction", _("public satisfaction"), Form.SHARE, ""),
    ("exam_or_chosen_admission", _("admission by examination or choice, key schools or key classes"), Form.YES_NO, ""),
    ("posts_left_unfilled", _("posts left unfilled, or teachers employed outside of posts for long"), Form.YES_NO, ""),
    ("grave_incident", _("grave accident or grave breach of law or discipline"), Form.YES_NO, ""),
    ("falsified", _("figures were falsified"), Form.YES_NO, ""),
)  # fmt: skip

FACTS: dict[str, FactKind] = {kind.code: kind for kind in (*PART_FACTS, *SCHOOL_FACTS, *COUNTY_FACTS)}

DEGREES = ("teachers_college", "teachers_bachelor", "teachers_master", "teachers_doctor")
SUBJECTS = ("sport_teachers", "music_teachers", "art_teachers", "arts_teachers")
COLUMNS: dict[str, tuple[str, ...]] = {
    "teachers_above": DEGREES,
    "backbone_teachers": ("backbone_teachers",),
    "sports_arts_teachers": SUBJECTS,
    "teaching_rooms_m2": ("teaching_rooms_m2",),
    "indoor_sports_m2": ("indoor_sports_m2",),
    "sports_grounds_m2": ("sports_grounds_m2",),
    "equipment_wan": ("equipment_value_yuan",),
    "multimedia_rooms": ("multimedia_rooms",),
}
"""Columns of the rules' document, and the facts that each is made of."""

GROWS: dict[str, str] = {
    "R1": "teachers_bachelor", "R2": "backbone_teachers", "R3": "sport_teachers", "R4": "teaching_rooms_m2",
    "R5": "sports_grounds_m2", "R6": "equipment_value_yuan", "R7": "multimedia_rooms",
}  # fmt: skip
"""The fact that grows where an item is bought and nothing more is said."""

SHORT_NAMES: dict[str, Text] = {
    "R1": _("qualified teachers"),
    "R2": _("backbone teachers"),
    "R3": _("sport and arts teachers"),
    "R4": _("teaching rooms"),
    "R5": _("sports grounds"),
    "R6": _("equipment"),
    "R7": _("multimedia rooms"),
}
"""Short names of the seven items of resources; the whole name stands in the rules."""

UNITS: dict[str, Text] = {
    "R1": _("teachers per 100 pupils"),
    "R2": _("teachers per 100 pupils"),
    "R3": _("teachers per 100 pupils"),
    "R4": _("m² per pupil"),
    "R5": _("m² per pupil"),
    "R6": _("yuan per pupil"),
    "R7": _("rooms per 100 pupils"),
}
AMOUNTS: dict[str, Text] = {
    "R1": pgettext_lazy("unit", "teachers"),
    "R2": pgettext_lazy("unit", "teachers"),
    "R3": pgettext_lazy("unit", "teachers"),
    "R4": "m²",
    "R5": "m²",
    "R6": _("10,000 yuan"),
    "R7": pgettext_lazy("unit", "rooms"),
}
"""In what an item is bought: the unit of its columns."""


def short_name(code: str) -> Text:
    """The short name of an item; its code where the rules have an item of the district's own."""
    return SHORT_NAMES.get(code, code)
