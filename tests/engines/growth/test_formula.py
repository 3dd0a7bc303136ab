"""The formula language: what it reads, how it spells terms, and what it refuses by name."""

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from xuequ.engines.errors import InputError
from xuequ.engines.growth.formula import (
    Call,
    Column,
    Expression,
    Number,
    Operation,
    Terms,
    columns,
    label,
    parse,
)


def spelled(terms: Terms) -> list[str]:
    names = [":".join(label(terms.variables[i]) for i in term) for term in terms.terms]
    return ["1", *names] if terms.intercept else names


@pytest.mark.parametrize(
    ("text", "fixed"),
    [
        ("y ~ 1 + (1 | g)", ["1"]),
        ("y ~ x + (1 | g)", ["1", "x"]),
        ("y~x+(1|g)", ["1", "x"]),
        ("y ~ (1 | g) + x", ["1", "x"]),
        ("y ~ 0 + x + (1 | g)", ["x"]),
        ("y ~ -1 + x + (1 | g)", ["x"]),
        ("y ~ x - 1 + (1 | g)", ["x"]),
        ("y ~ x - 0 + (1 | g)", ["1", "x"]),
        ("y ~ 0 + x + 1 + (1 | g)", ["1", "x"]),
        ("y ~ a * b + (1 | g)", ["1", "a", "b", "a:b"]),
        ("y ~ a:b + c + (1 | g)", ["1", "c", "a:b"]),
        ("y ~ (a + b) * c + (1 | g)", ["1", "a", "b", "c", "a:c", "b:c"]),
        ("y ~ (1 + a) * b + (1 | g)", ["1", "a", "b", "a:b"]),
        ("y ~ a * b * c - a:b:c + (1 | g)", ["1", "a", "b", "c", "a:b", "a:c", "b:c"]),
        ("y ~ a * b - a + (1 | g)", ["1", "b", "a:b"]),
        ("y ~ a + a + b:a + a:b + (1 | g)", ["1", "a", "a:b"]),
        ("y ~ a:a + (1 | g)", ["1", "a"]),
        ("y ~ log(x) + I(x^2) + (1 | g)", ["1", "log(x)", "I(x^2)"]),
        ("y ~ I( -x*(a+1)/3-1e3 ) + (1 | g)", ["1", "I(-x * (a + 1)/3 - 1000)"]),
        ("y ~ log( x+1 ):a + (1 | g)", ["1", "log(x + 1):a"]),
        ("成绩 ~ 入学成绩 + (1 | 学校)", ["1", "入学成绩"]),
        ("`语文 成绩` ~ `a|b` + `x` + (1 | `学校 名`)", ["1", "`a|b`", "x"]),
    ],
)
def test_fixed_terms(text: str, fixed: list[str]) -> None:
    assert spelled(parse(text).fixed) == fixed


@pytest.mark.parametrize(
    ("part", "blocks"),
    [
        ("(1 | g)", [["1"]]),
        ("(x | g)", [["1", "x"]]),
        ("(0 + x | g)", [["x"]]),
        ("(x - 1 | g)", [["x"]]),
        ("(x * z | g)", [["1", "x", "z", "x:z"]]),
        ("(x || g)", [["1"], ["x"]]),
        ("(0 + x + x:z || g)", [["x"], ["x:z"]]),
        ("(1 | g) + (0 + x | g)", [["1"], ["x"]]),
    ],
)
def test_random_blocks(part: str, blocks: list[list[str]]) -> None:
    formula = parse(f"y ~ x + {part}")
    assert [spelled(block) for block in formula.blocks] == blocks
    assert formula.group == "g"


@pytest.mark.parametrize(("response", "name"), [("y", "y"), ("log(y)", "log(y)"), ("I(y/10)", "I(y/10)")])
def test_response(response: str, name: str) -> None:
    assert label(parse(f"{response} ~ x + (1 | g)").response) == name


@pytest.mark.parametrize(
    ("text", "code", "named"),
    [
        ("y ~ x", "formula-unsupported", "no random part"),
        ("y ~ poly(x, 2) + (1 | g)", "formula-unsupported", "`poly`"),
        ("y ~ factor(x) + (1 | g)", "formula-unsupported", "`factor`"),
        ("y ~ offset(x) + (1 | g)", "formula-unsupported", "`offset`"),
        ("cbind(a, b) ~ x + (1 | g)", "formula-unsupported", "`cbind`"),
        ("y ~ I(exp(x)) + (1 | g)", "formula-unsupported", "`exp`"),
        ("y ~ log(x, 2) + (1 | g)", "formula-unsupported", "one argument"),
        ("y ~ I(2) + (1 | g)", "formula-unsupported", "I(2) reads no column"),
        ("y ~ x + (1 | a) + (1 | b)", "formula-unsupported", "2 grouping factors in (1 | a) + (1 | b)"),
        ("y ~ x + (1 | a/b)", "formula-unsupported", "'a/b'"),
        ("y ~ x + (1 | a:b)", "formula-unsupported", "'a:b'"),
        ("y ~ x + (1 | 1)", "formula-unsupported", "'1'"),
        ("y ~ a/b + (1 | g)", "formula-unsupported", "`/`"),
        ("y ~ (a + b)^2 + (1 | g)", "formula-unsupported", "`^`"),
        ("y ~ a %in% b + (1 | g)", "formula-unsupported", "`%in%`"),
        ("y ~ . + (1 | g)", "formula-unsupported", "`.`"),
        ("y ~ x + 2 + (1 | g)", "formula-unsupported", "the number 2"),
        ("y ~ x:2 + (1 | g)", "formula-unsupported", "the number 2"),
        ("y ~ (0 + x) + (1 | g)", "formula-unsupported", "(0 + x)"),
        ("y ~ x - (1 | g)", "formula-unsupported", "only be added"),
        ("y ~ x * (1 | g)", "formula-unsupported", "only be added"),
        ("y ~ x + (0 | g)", "formula-unsupported", "(0 | g)"),
        ("y ~ x | g", "formula-unsupported", "bar outside parentheses"),
        ("y / 2 ~ x + (1 | g)", "formula-unsupported", "`/`"),
        ("2 ~ x + (1 | g)", "formula-unsupported", "response"),
        ("y ~ y + (1 | g)", "formula-unsupported", "response y"),
        ("y ~ x ~ z + (1 | g)", "formula-unsupported", "`~`"),
        ("y ~ " + "(" * 60 + "x" + ")" * 60 + " + (1 | g)", "formula-unsupported", "parentheses"),
        ("", "formula-syntax", "no ~"),
        ("y x (1 | g)", "formula-syntax", "no ~"),
        ("y ~ x + (1 | g", "formula-syntax", "ends too early"),
        ("y ~ x +", "formula-syntax", "ends too early"),
        ("y ~ x $ z + (1 | g)", "formula-syntax", "'$'"),
        ("y ~ 'x' + (1 | g)", "formula-syntax", '"\'"'),
        ("y ~ `x + (1 | g)", "formula-syntax", "'`'"),
        ("y ~ 0:x + (1 | g)", "formula-syntax", "':'"),
        ("y ~ I() + (1 | g)", "formula-syntax", "')'"),
        ("y ~ x + (1 | g) z", "formula-syntax", "'z'"),
    ],
)
def test_refused_by_name(text: str, code: str, named: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(text)
    assert caught.value.code == code
    assert named in str(caught.value)


names = st.sampled_from(["x", "入学", "a b", "x.1"]).map(Column)
numbers = st.sampled_from([0.5, 1.0, 2.0, 1000.0]).map(Number)


def _parenthesised(expression: Expression) -> Expression:
    return expression if isinstance(expression, Column | Number) else Call("", expression)


arithmetic = st.recursive(
    names | numbers,
    lambda inner: (
        st.builds(
            lambda op, a, b: Operation(op, _parenthesised(a), _parenthesised(b)),
            st.sampled_from("+-*/^"),
            inner,
            inner,
        )
        | inner.map(lambda e: Call("log", e))
    ),
    max_leaves=8,
)


@settings(deadline=None)
@given(arithmetic)
def test_spelling_reads_back_as_the_same_expression(expression: Expression) -> None:
    assume(any(columns(expression)))
    variable = Call("I", expression)
    assert parse(f"y ~ {label(variable)} + (1 | g)").fixed.variables == (variable,)


@settings(deadline=None)
@given(st.lists(st.sampled_from(["a", "b", "c", "a:b", "b:c", "a:b:c"]), min_size=1, max_size=6))
def test_terms_are_sorted_by_degree_and_stand_once(terms: list[str]) -> None:
    found = spelled(parse(f"y ~ {' + '.join(terms)} + (1 | g)").fixed)
    degrees = [term.count(":") for term in found[1:]]
    assert degrees == sorted(degrees)
    assert {frozenset(t.split(":")) for t in found[1:]} == {frozenset(t.split(":")) for t in terms}
    assert len(found) - 1 == len(set(terms))


@settings(deadline=None)
@given(st.text(alphabet="yxg01 ~+-*:^/()|I.`,'log%", max_size=30))
@example("((((")
@example("y~(1||g)")
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parse(text)
    except InputError as error:
        assert error.code in ("formula-syntax", "formula-unsupported")
