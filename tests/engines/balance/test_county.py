"""The rules of 2017 whole: every item by facts, exceptions, two readings of the retention, the county's verdict."""

from decimal import Decimal

import polars as pl
import pytest

from xuequ.engines.balance.county import SCHOOLS_CODE, County, judge_county
from xuequ.engines.balance.facts import Fact, Facts, SchoolFacts, county_facts, fact_of, school_facts, shown
from xuequ.engines.balance.indicators import IndicatorSet, example, example_text, read_indicators
from xuequ.engines.balance.judging import Found, by_readings, judge
from xuequ.engines.errors import InputError

COUNTY: dict[str, object] = {
    "layout_rational": {"value": True, "evidence": "规划"}, "standards_uniform": {"value": True, "evidence": "文件"},
    "small_schools": 0, "small_schools_funded_as_100": 0, "special_funds_per_pupil_yuan": 8000,
    "teacher_pay_yuan": 120_000, "civil_servant_pay_yuan": 119_999.5,
    "teachers_with_360_hours": 900, "teachers_due_360_hours": 900,
    "posts_allotted_by_county": {"value": True, "evidence": "编办文件"},
    "teachers_exchanged": 35, "teachers_due_exchange": 300, "backbone_exchanged": 7,
    "teachers": 950, "teachers_certified": 950,
    "primary_entrants": 800, "primary_entrants_by_zone": 800, "junior_entrants": 700, "junior_entrants_by_zone": 665,
    "good_senior_places": 400, "good_senior_places_shared_out": 200,
    "places_favour_rural": {"value": True, "evidence": "招生办法"},
    "left_behind_cared_for": {"value": True, "evidence": "台账"}, "migrants": 200, "migrants_in_public_places": 171,
    "graduates": 950, "transferred_in": 30, "transferred_out": 40, "entrants": 1000, "died": 1,
    "disabled_children": 40, "disabled_enrolled": 39,
    "digital_teaching_skilled": {"value": True, "evidence": "课例"},
    "moral_culture_good": {"value": True, "evidence": "考核"},
    "curriculum_complete": {"value": True, "evidence": "课表"}, "no_heavy_burden": {"value": True, "evidence": "监测"},
    "monitoring_lowest_level": 3, "monitoring_largest_between_rate": 0.149, "satisfaction": 0.851,
    "exam_or_chosen_admission": False, "posts_left_unfilled": False, "grave_incident": False, "falsified": False,
}  # fmt: skip
GOOD = {
    "teachers_above": 60, "backbone_teachers": 12, "sports_arts_teachers": 10, "teaching_rooms_m2": 7000,
    "indoor_sports_m2": 400, "sports_grounds_m2": 11_000, "equipment_wan": 280, "multimedia_rooms": 26,
    "classes": 24, "music_rooms": 2, "art_rooms": 2, "smallest_music_room_m2": 96, "smallest_art_room_m2": 90,
    "built_by_2016": "否", "largest_primary_class": 45, "largest_junior_class": 50, "charter": "是",
    "charter_evidence": "章程.pdf", "digital_management": "是", "digital_management_evidence": "平台",
    "training_funds_yuan": 50_000, "public_funds_yuan": 1_000_000,
}  # fmt: skip


def schools(**changed: list[object]) -> pl.DataFrame:
    given = {"school": ["甲", "乙"], "stage": ["小学", "初中"], "pupils": [1000, 1000]}
    given |= {name: [value, value] for name, value in GOOD.items()}
    return pl.DataFrame(given | changed, strict=False)


def county(table: pl.DataFrame | None = None, rules: IndicatorSet | None = None, **changed: object) -> County:
    facts = {name: value for name, value in (COUNTY | changed).items() if value is not ...}
    return judge_county(schools() if table is None else table, rules or example(), county_facts(facts))


def item(found: County, code: str) -> Found:
    return next(one for one in found.found if one.code == code)


def test_the_document_has_all_items_of_the_rules() -> None:
    rules = example()
    groups = [one.group for one in rules.requirements]
    assert [groups.count(g) for g in ("government", "quality", "satisfaction", "veto")] == [15, 9, 1, 4]
    assert rules.version == "2017-1"
    assert [one.code for one in rules.requirements if one.to_confirm] == ["G04", "Q09", "V02", "V03", "V04"]


def test_a_county_that_meets_everything_is_met() -> None:
    found = county()
    assert (found.verdict, found.deciding) == ("met", ())
    assert {one.verdict for one in found.found} == {"met"}
    assert item(found, "G06").reason == "none-concerned"
    assert item(found, "G08").judged[0].value == Decimal(120_000) / Decimal("119999.5")
    assert found.version == "2017-1"


@pytest.mark.parametrize(
    ("fact", "value", "code"),
    [
        ("layout_rational", {"value": False}, "G01"), ("small_schools", 1, "G06"),
        ("special_funds_per_pupil_yuan", 7999.99, "G07"), ("teacher_pay_yuan", 119_999.49, "G08"),
        ("teachers_with_360_hours", 899, "G09"), ("teachers_exchanged", 29, "G11"), ("backbone_exchanged", 6, "G11"),
        ("teachers_certified", 949, "G12"), ("primary_entrants_by_zone", 799, "G13"),
        ("junior_entrants_by_zone", 664, "G13"), ("good_senior_places_shared_out", 199, "G14"),
        ("migrants_in_public_places", 169, "G15"), ("graduates", 920, "Q01"), ("disabled_enrolled", 37, "Q02"),
        ("monitoring_lowest_level", 2, "Q09"), ("monitoring_largest_between_rate", 0.15, "Q09"),
        ("satisfaction", 0.8499, "S01"), ("exam_or_chosen_admission", True, "V01"), ("falsified", True, "V04"),
    ],
)  # fmt: skip
def test_each_threshold_of_the_county_decides(fact: str, value: object, code: str) -> None:
    found = county(**{fact: value})
    assert (found.verdict, found.deciding) == ("not-met", (code,))
    assert item(found, code).reason == "missed"


@pytest.mark.parametrize(
    ("column", "values", "code"),
    [
        ("music_rooms", [1, 2], "G03"), ("smallest_art_room_m2", [89.99, 90], "G03"), ("pupils", [1000, 1000], None),
        ("largest_primary_class", [46, 99], "G05"), ("largest_junior_class", [99, 50], None),
        ("charter", ["是", "否"], "Q03"), ("training_funds_yuan", [49_999, 50_000], "Q04"),
    ],
)  # fmt: skip
def test_each_threshold_of_a_school_decides_for_its_kind(
    column: str, values: list[object], code: str | None
) -> None:
    assert county(schools(**{column: values})).deciding == ((code,) if code else ())


def test_rooms_of_schools_built_by_2016_may_be_smaller() -> None:
    old = schools(built_by_2016=["是", "是"], smallest_music_room_m2=[73, 73], smallest_art_room_m2=[67, 67])
    assert county(old).verdict == "met"
    assert county(schools(smallest_music_room_m2=[73, 96])).deciding == ("G03",)


def test_sizes_depend_on_the_kind_of_school() -> None:
    def sizes(kind: str, pupils: int) -> list[str]:
        school = SchoolFacts("甲", kind, {"compulsory_pupils": Fact(Decimal(pupils))})
        rule = [one for one in example().requirements if one.code == "G04"]
        return [one.verdict for one in judge(rule, Facts({}, (school,)))[0].judged]

    assert (sizes("primary", 2000), sizes("junior", 2001)) == (["met"], ["not-met"])
    assert (sizes("nine-year", 2500), sizes("nine-year", 2501)) == (["met"], ["not-met"])
    assert sizes("all", 100) == ["unknown"] * 3


def test_a_nine_year_school_is_judged_in_both_stages_and_its_pupils_are_counted_whole() -> None:
    table = schools(stage=["九年一贯制", "初中"], primary_pupils=[600, None], junior_pupils=[400, None])
    found = county(table)
    assert [one.name for one in item(found, SCHOOLS_CODE).judged] == [
        f"{SCHOOLS_CODE}/primary", f"{SCHOOLS_CODE}/junior", f"{SCHOOLS_CODE}/junior",
    ]  # fmt: skip
    assert [len(item(found, "G05").judged), len(item(found, "G04").judged)] == [3, 2]
    complete = school_facts(
        schools(stage=["完全中学", "初中"], primary_pupils=[None, None], junior_pupils=[300, None])
    )
    assert complete[0].facts["compulsory_pupils"].value == 300


def test_schools_that_the_rules_leave_out_are_not_asked() -> None:
    table = schools(stage=["小学", "教学点"], pupils=[1000, 30], largest_primary_class=[40, 60])
    found = county(table)
    assert [one.school for one in item(found, "G05").judged] == ["甲"]
    assert found.compliance.left_out == (("乙", "small-teaching-point"),)


def test_what_is_not_known_leaves_the_verdict_open_until_something_decides() -> None:
    found = county(satisfaction=..., layout_rational={"value": True})
    assert (found.verdict, found.deciding) == ("unknown", ("G01", "S01"))
    assert [item(found, code).reason for code in ("G01", "S01")] == ["no-evidence", "no-fact"]
    assert item(found, "S01").judged[0].missing == ("satisfaction",)
    assert county(satisfaction=..., falsified=True).deciding == ("V04",)
    assert county(falsified=...).deciding == ("V04",)
    assert county(teachers=0, teachers_certified=0).deciding == ("G12",)
    assert item(county(teachers=0, teachers_certified=0), "G12").reason == "nothing-to-count"


def test_both_readings_of_the_retention_are_told() -> None:
    parted = {"graduates": 930, "transferred_in": 30, "transferred_out": 50, "entrants": 1000, "died": 1}
    entry, leave = (one for _, one in by_readings(example().requirements, Facts(county_facts(parted))))
    assert (entry.value, leave.value) == (Decimal(930) / 979, Decimal(950) / 999)
    unknown = by_readings(example().requirements, Facts())
    assert [(one.verdict, len(one.missing)) for _, one in unknown] == [("unknown", 5)] * 2


def test_the_reading_of_the_document_is_the_one_that_decides() -> None:
    # 900/(800 + 150 − 0 − 5) = 0.952, (900 − 150 + 5)/(800 − 0) = 0.944.
    numbers = {"graduates": 900, "transferred_in": 150, "transferred_out": 5, "entrants": 800, "died": 0}
    at_exit = read_indicators(example_text().replace('"transfers-at-entry"', '"transfers-at-exit"'))
    one, other = county(**numbers), county(rules=at_exit, **numbers)
    assert (item(one, "Q01").judged[0].value, item(other, "Q01").judged[0].value) == (
        Decimal(900) / 945, Decimal(755) / 800
    )  # fmt: skip
    assert one.depends_on_reading and other.depends_on_reading
    assert (one.verdict, other.verdict) == ("met", "not-met")


def test_resources_decide_by_schools_and_by_the_coefficient() -> None:
    one = county(schools(multimedia_rooms=[26, 23]))  # 2.3 of 2.4: one miss above the floor
    assert one.verdict == "met"
    floor = county(schools(multimedia_rooms=[26, 20]))
    assert (floor.deciding, item(floor, SCHOOLS_CODE).reason) == ((SCHOOLS_CODE,), "below-floor")
    table = pl.concat([schools(), schools(school=["丙", "丁"], multimedia_rooms=[160, 26])])
    cv = county(table)
    assert cv.deciding == ("R7",)
    judged = item(cv, "R7").deciding[0]
    assert (judged.name, judged.threshold, shown(judged.value or Decimal(0))) == (
        "cv/primary",
        Decimal("0.5"),
        "0.72",
    )


RURAL = (
    '\n[[exceptions]]\nschool = "甲"\ncode = "R3"\nreason = "走教教师两名"\nadd = 2\nground = "rural-small"\n'
)


def test_exceptions_rest_on_the_grounds_of_the_rules() -> None:
    rules = read_indicators(example_text() + RURAL)
    small = {name: [value / 12 if isinstance(value, float | int) else value, value] for name, value in GOOD.items()
             if name in ("teachers_above", "backbone_teachers", "teaching_rooms_m2", "indoor_sports_m2",
                         "sports_grounds_m2", "equipment_wan", "multimedia_rooms")}  # fmt: skip
    table = schools(pupils=[80, 1000], sports_arts_teachers=[0, 10], **small)
    assert county(table, small_schools=1, small_schools_funded_as_100=1).deciding == (SCHOOLS_CODE,)
    assert county(table, rules, small_schools=1, small_schools_funded_as_100=1).verdict == "met"
    for wrong in (schools(), table.with_columns(rural=pl.Series(["否", "否"]))):
        with pytest.raises(InputError, match="50 to 99") as caught:
            county(wrong, rules)
        assert (caught.value.code, caught.value.row) == ("ground-not-given", 1)
    for text in (
        RURAL.replace("R3", "R6"),
        RURAL.replace("add = 2\n", ""),
        RURAL.replace("rural-small", "x"),
    ):
        with pytest.raises(InputError, match="ground"):
            read_indicators(example_text() + text)


def test_a_school_may_be_exempt_from_an_item_with_a_reason() -> None:
    entry = '\n[[exceptions]]\nschool = "甲"\ncode = "G05"\nreason = "分班方案已批"\n'
    found = county(schools(largest_primary_class=[46, 0]), read_indicators(example_text() + entry))
    assert found.verdict == "met"
    assert next((one.reason, one.note) for one in item(found, "G05").judged) == ("exempt", "分班方案已批")
    with pytest.raises(InputError, match="only waived"):
        read_indicators(example_text() + entry + "add = 1\n")


def test_facts_are_decimals_yes_no_or_nothing() -> None:
    assert [fact_of(x).value for x in (0.1, "0.10", 3, "否", True, None, " ")] == [
        Decimal("0.1"), Decimal("0.10"), Decimal(3), False, True, None, None
    ]  # fmt: skip
    for wrong, code in (("perhaps", "not-a-fact"), ("nan", "not-a-fact"), (-1, "negative")):
        with pytest.raises(InputError) as caught:
            county_facts({"a": wrong})
        assert (caught.value.code, caught.value.column) == (code, "a")
    for document in ([], {"a": {"valu": 1}}, {"a": [1]}):
        with pytest.raises(InputError):
            county_facts(document)
    for changed, code in (
        ({"satisfaction": True}, "not-a-number"), ({"layout_rational": 3}, "not-yes-no"),
        ({"teachers_certified": 951}, "part-above-whole"), ({"transferred_out": 5000}, "bad-retention"),
    ):  # fmt: skip
        with pytest.raises(InputError) as caught:
            county(**changed)
        assert caught.value.code == code
    with pytest.raises(InputError) as caught:
        county(schools(charter=["是", "有"]))
    assert (caught.value.code, caught.value.column, caught.value.row) == ("not-a-fact", "charter", 2)


def test_documents_with_wrong_requirements_are_refused() -> None:
    text = example_text()
    for old, new, word in (
        ('code = "G02"', 'code = "G01"', "twice"), ('group = "veto"', 'group = "ban"', "group"),
        ('kind = "yes-no"', 'kind = "maybe"', "kind"), ('fact = "layout_rational"', 'fakt = "x"', "fakt"),
        ("eased = 73", "", "eased"), ('kinds = ["nine-year"]', 'kinds = ["ten-year"]', "kinds"),
        ('retention_reading = "transfers-at-entry"', 'retention_reading = "x"', "retention_reading"),
        ('part = "music_rooms"', "", "part"), ("threshold = 8000", 'threshold = "8000"', "threshold"),
    ):  # fmt: skip
        assert old in text
        with pytest.raises(InputError, match=word):
            read_indicators(text.replace(old, new, 1))
