"""The subset, its rules, and the same verdicts as survey-core."""

import json
import random
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.kit import oracle
from tests.kit.questionnaire_cases import FORMS, SHARES, random_answers
from xuequ.kit.questionnaires import expressions, parsing, patterns, values
from xuequ.kit.questionnaires.expressions import ExpressionError, Kind
from xuequ.kit.questionnaires.parsing import SchemaError
from xuequ.kit.questionnaires.validation import judge

needs_node = pytest.mark.skipif(not oracle.is_there(), reason="survey-core is not there: run “make setup”")


def form_of(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"pages": [{"elements": list(elements)}]}


# The same verdicts


@needs_node
def test_same_verdicts_as_survey_core() -> None:
    chance = random.Random(20260901)
    cases = [
        (name, random_answers(FORMS[name], chance)) for name, share in SHARES.items() for _n in range(share)
    ]
    forms = {name: parsing.read(source) for name, source in FORMS.items()}
    accepted = 0
    replies = oracle.ask({"form": FORMS[name], "data": data} for name, data in cases)
    for (name, data), reply in zip(cases, replies, strict=True):
        verdict = judge(forms[name], data)
        mine = {
            "errors": sorted(verdict.faults),
            "visible": sorted(verdict.visible),
            "data": dict(verdict.data),
        }
        assert mine == reply, (name, data)
        accepted += verdict.accepted
    assert len(cases) > 1000
    assert 100 < accepted < 900  # right and wrong answers both


KNOWN = {
    "t": Kind.TEXT,
    "n": Kind.NUMBER,
    "c": Kind.CHOICE,
    "l": Kind.LIST,
    "b": Kind.BOOLEAN,
    "m": {"r": Kind.CHOICE},
}
TEXTS = [
    "",
    "a",
    "A ",
    "ab",
    "1",
    "01",
    "1.5",
    "-2",
    "1e2",
    "0x1f",
    "true",
    "好",
    "2026-01-05",
    "1,5",
    "1/2",
    "'x'",
]
NUMBERS = [-2, -0.1, 0, 0.1, 0.2, 1, 1.5, 2, 3, 31, 100]
texts = st.sampled_from([one for one in TEXTS if "'" not in one]).map(lambda text: f"'{text}'")
numbers = st.sampled_from(NUMBERS).map(str)
lists = st.lists(st.sampled_from(["'a'", "'ab'", "1", "2"]), min_size=1, max_size=3).map(
    lambda x: f"[{', '.join(x)}]"
)
sums = st.recursive(
    st.one_of(numbers, st.just("{n}")),
    lambda part: st.tuples(part, st.sampled_from("+-*/"), part).map(lambda p: f"({p[0]} {p[1]} {p[2]})"),
    max_leaves=4,
)
scalars = st.one_of(texts, sums, st.sampled_from(["{t}", "{c}", "{m.r}"]))
tests = st.one_of(
    st.tuples(scalars, st.sampled_from(["=", "!=", "<>", ">", "<", ">=", "<="]), scalars).map(" ".join),
    st.tuples(st.just("{l}"), st.sampled_from(["=", "!="]), lists).map(" ".join),
    st.tuples(st.just("{b}"), st.sampled_from(["=", "!="]), st.sampled_from(["true", "false"])).map(" ".join),
    st.tuples(st.sampled_from(["{l}", "{c}"]), st.sampled_from(["anyof", "allof", "noneof"]), lists).map(
        " ".join
    ),
    st.tuples(
        st.just("{l}"), st.sampled_from(["contains", "notcontains"]), st.one_of(lists, texts, st.just("{c}"))
    ).map(" ".join),
    st.tuples(st.just("{t}"), st.sampled_from(["contains", "notcontains"]), texts).map(" ".join),
    st.tuples(
        st.sampled_from(["{t}", "{n}", "{l}", "{b}", "{m.r}"]), st.sampled_from(["empty", "notempty"])
    ).map(" ".join),
)
conditions = st.recursive(
    tests,
    lambda part: st.one_of(
        st.tuples(part, st.sampled_from(["and", "or"]), part).map(" ".join),
        part.map(lambda inner: f"!({inner})"),
        part.map(lambda inner: f"({inner})"),
    ),
    max_leaves=4,
)
choices = st.sampled_from(["a", "ab", "1", 1, 2, "none"])
answers = st.fixed_dictionaries(
    {},
    optional={
        "t": st.sampled_from([one for one in TEXTS if one]),
        "n": st.sampled_from(NUMBERS),
        "c": choices,
        "l": st.lists(choices, min_size=1, max_size=3, unique_by=str),
        "b": st.booleans(),
        "m": st.fixed_dictionaries({"r": choices}),
    },
)


@needs_node
@settings(max_examples=8, phases=[Phase.generate])  # a smaller example would cost a process each
@given(st.lists(st.tuples(conditions, answers), min_size=40, max_size=60))
def test_conditions_hold_as_in_survey_core(cases: list[tuple[str, dict[str, Any]]]) -> None:
    replies = oracle.ask({"expression": text, "values": data} for text, data in cases)
    for (text, data), reply in zip(cases, replies, strict=True):
        assert expressions.holds(expressions.parse(text, KNOWN), data) == reply["result"], (text, data)


# Conditions


@pytest.mark.parametrize(
    "text",
    ["", "{x} = 1", "{t}", "{t} = 1 = 2", "{t} and {n} = 1", "{l} > 2", "{t} + 1 = 2", "{m} = 1", "{m.q} = 1",
     "{t} = abc", "({n} = 1", "{n} = 1)", "not {n} = 1", "{n} = 007", "{b} = 'x'", "[] = {l}", "{t} = 'a\"b'",
     "alert(1)", "{n} = -{n}",
     "(" * 30 + "{n} = 1" + ")" * 30, "{n} = 1 or " * 60 + "{n} = 1"],
)  # fmt: skip
def test_conditions_that_are_refused(text: str) -> None:
    with pytest.raises(ExpressionError):
        expressions.parse(text, KNOWN)


def test_a_condition_names_its_questions() -> None:
    node = expressions.parse("{n} + 1 > 2 and ({m.r} = 1 or !({T} empty))", KNOWN)
    assert expressions.names(node) == {"n", "m", "t"}


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        expressions.parse(text, KNOWN)
    except ExpressionError as error:
        assert str(error)


@given(
    st.one_of(st.text(max_size=8), st.floats(allow_nan=False, allow_infinity=False), st.booleans(), st.none())
)
def test_every_value_is_equal_to_itself(value: Any) -> None:
    assert values.equal(value, value)


# Patterns


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [(r"^\d{3}$", "123", True), (r"^\d{3}$", "123\n", False), (r"^\d+$", "１２", False), ("^.{2}$", "𠮷", True),
     (r"^[A-Z]{2}-?\d*$", "AB-1", True), ("a|b$", "xb", True), (r"\s", "\u3000", True), (r"[^\d]", "5", False),
     (r"^(?:ab){2}$", "abab", True)],
)  # fmt: skip
def test_patterns(pattern: str, text: str, fits: bool) -> None:
    assert patterns.matches(pattern, text) is fits


@pytest.mark.parametrize(
    "pattern",
    ["", "(a+)+", "(a|a)*", "a*b*c*", "(?=a)", r"\1", r"\bx", "[a", "(a", "a)", "a++", "a{2}+", "x" * 101,
     "a{5,200}", "好", "(a?){9}", "[]"],
)  # fmt: skip
def test_patterns_that_are_refused(pattern: str) -> None:
    with pytest.raises(patterns.PatternError):
        patterns.compiled(pattern)


# The subset


def problem_of(source: Any) -> str:
    with pytest.raises(SchemaError) as caught:
        parsing.read(source)
    return caught.value.problems[0].path


TEXT = {"type": "text", "name": "a"}


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ([], ""),
        ({"pages": []}, "pages"),
        ({"pages": {}}, "pages"),
        (form_of({"type": "html", "name": "a", "html": "<b>"}), "pages"),
        (form_of(TEXT, {"type": "html", "name": "b"}), "pages[0].elements[1].type"),
        (form_of(TEXT | {"defaultValue": 1}), "pages[0].elements[0].defaultValue"),
        (form_of(TEXT | {"name": "1a"}), "pages[0].elements[0].name"),
        (form_of(TEXT, TEXT | {"name": "A"}), "pages[0].elements[1].name"),
        (form_of(TEXT | {"name": "item"}), "pages[0].elements[0].name"),
        (form_of(TEXT | {"title": "{b}"}), "pages[0].elements[0].title"),
        (form_of(TEXT | {"title": {"de": "x"}}), "pages[0].elements[0].title"),
        (form_of(TEXT | {"visibleIf": "{a} = 1"}), "pages[0].elements[0].visibleIf"),
        (form_of(TEXT | {"visibleIf": "{zz} = 1"}), "pages[0].elements[0].visibleIf"),
        (form_of(TEXT | {"isRequired": "yes"}), "pages[0].elements[0].isRequired"),
        (form_of(TEXT | {"min": 1}), "pages[0].elements[0].min"),
        (form_of(TEXT | {"inputType": "date", "min": "2026-02-30"}), "pages[0].elements[0].min"),
        (form_of(TEXT | {"inputType": "number", "min": 5, "max": 1}), "pages[0].elements[0].max"),
        (
            form_of(TEXT | {"validators": [{"type": "regex", "regex": "(a+)+"}]}),
            "pages[0].elements[0].validators[0].regex",
        ),
        (form_of(TEXT | {"validators": [{"type": "answercount"}]}), "pages[0].elements[0].validators[0]"),
        (form_of(TEXT | {"validators": [{"type": "expression"}]}), "pages[0].elements[0].validators[0]"),
        (form_of({"type": "radiogroup", "name": "r", "choices": []}), "pages[0].elements[0].choices"),
        (
            form_of({"type": "radiogroup", "name": "r", "choices": [1, "1"]}),
            "pages[0].elements[0].choices[1]",
        ),
        (
            form_of({"type": "radiogroup", "name": "r", "choices": ["other"]}),
            "pages[0].elements[0].choices[0]",
        ),
        (
            form_of({"type": "rating", "name": "r", "rateMin": 5, "rateMax": 5}),
            "pages[0].elements[0].rateMax",
        ),
        (
            form_of({"type": "panel", "elements": [{"type": "panel", "elements": []}, TEXT]}),
            "pages[0].elements[0].elements[0]",
        ),
    ],
)
def test_what_is_outside_is_refused_with_its_place(source: Any, path: str) -> None:
    assert problem_of(source) == path


def test_all_problems_are_said_at_once() -> None:
    with pytest.raises(SchemaError) as caught:
        parsing.read(form_of(TEXT | {"x": 1}, TEXT | {"name": "b", "min": 2}))
    assert len(caught.value.problems) == 2


def test_text_that_is_no_json() -> None:
    with pytest.raises(SchemaError, match="line 1"):
        parsing.read_text("{pages:")
    with pytest.raises(SchemaError):
        parsing.read_text("[" * 100_000)
    with pytest.raises(SchemaError):
        parsing.read_text(json.dumps({"title": "x" * 400_000}))


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                ["pages", "elements", "type", "name", "choices", "rows", "columns", "validators", "title"]
            ),
            st.one_of(inner, st.sampled_from(["text", "matrix", "panel", "checkbox", "a"])),
            max_size=5,
        ),
    ),
    max_leaves=12,
)


@settings(max_examples=50)
@given(JSON)
def test_any_json_is_read_or_refused(source: Any) -> None:
    try:
        parsing.read(source)
    except SchemaError as error:
        assert error.problems


# The shape of answers


def judged(element: dict[str, Any], value: Any) -> list[str]:
    verdict = judge(parsing.read(form_of({"name": "q", **element})), {"q": value})
    return [fault.code for fault in verdict.faults.get("q", ())]


@pytest.mark.parametrize(
    ("element", "value", "codes"),
    [
        ({"type": "radiogroup", "choices": [1, "b"]}, "1", ["choice"]),
        ({"type": "radiogroup", "choices": [1, "b"]}, True, ["choice"]),
        ({"type": "radiogroup", "choices": [1, "b"]}, ["b"], ["choice"]),
        ({"type": "checkbox", "choices": ["a"]}, "a", ["choice"]),
        ({"type": "checkbox", "choices": ["a"]}, ["a", "a"], ["choice"]),
        ({"type": "checkbox", "choices": ["a"], "showNoneItem": True}, ["a", "none"], ["none_alone"]),
        ({"type": "checkbox", "choices": ["a"], "showOtherItem": True}, ["other"], ["other"]),
        ({"type": "boolean"}, "true", ["choice"]),
        ({"type": "boolean", "isRequired": True}, False, []),
        ({"type": "rating"}, 6, ["choice"]),
        ({"type": "rating"}, 2.5, ["choice"]),
        ({"type": "text", "inputType": "number"}, "5", ["number"]),
        ({"type": "text", "inputType": "number"}, float("inf"), ["number"]),
        ({"type": "text", "inputType": "date"}, "2026-02-30", ["date"]),
        ({"type": "text"}, "a\nb", ["text"]),
        ({"type": "text"}, "a\x00b", ["text"]),
        ({"type": "text"}, "\ud800", ["text"]),
        ({"type": "text", "maxLength": 3}, "𠮷𠮷", ["max_length"]),
        ({"type": "text", "isRequired": True}, "  ", ["required"]),
        ({"type": "matrix", "columns": [1], "rows": ["r"]}, {"r": 2}, ["choice"]),
        ({"type": "matrix", "columns": [1], "rows": ["r"]}, {"x": 1}, ["choice"]),
        ({"type": "matrix", "columns": [1], "rows": ["r"]}, [], []),
    ],
)
def test_what_no_browser_sends_is_a_fault(element: dict[str, Any], value: Any, codes: list[str]) -> None:
    assert judged(element, value) == codes


def test_unknown_questions_are_not_accepted() -> None:
    verdict = judge(parsing.read(form_of(TEXT)), {"a": "x", "b": 1, "a-Comment": "y"})
    assert verdict.unknown == ("b", "a-Comment")
    assert not verdict.accepted
    assert verdict.data == {"a": "x"}


TRAINING = parsing.read(FORMS["training"])


@settings(max_examples=50)
@given(
    st.dictionaries(
        st.sampled_from(["stage", "subject", "subject-Comment", "years", "head", "topics", "m"]), JSON
    )
)
def test_any_answers_are_judged(data: dict[str, Any]) -> None:
    judge(TRAINING, data)
