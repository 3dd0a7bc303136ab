"""Names and coding of model columns, as R's model.matrix gives them."""

import pytest

from xuequ.engines.errors import InputError
from xuequ.engines.growth.coding import Dummy, ModelColumns, model_columns, used_columns
from xuequ.engines.growth.formula import Column, parse

LEVELS = {"sex": ["F", "M"], "type": ["a", "b", "c"]}


def coded(side: str, random: str = "1") -> ModelColumns:
    formula = parse(f"y ~ {side} + ({random} | g)")
    return model_columns(formula, {n: v for n, v in LEVELS.items() if n in used_columns(formula)})


# colnames(model.matrix(~ …, d)) of R 4.2.2 with sex (F, M), type (a, b, c) as factors and x, z as numbers.
R = {
    "x": "(Intercept) x",
    "sex": "(Intercept) sexM",
    "0 + sex": "sexF sexM",
    "0 + x + sex": "x sexF sexM",
    "0 + sex + type": "sexF sexM typeb typec",
    "sex * type": "(Intercept) sexM typeb typec sexM:typeb sexM:typec",
    "sex:type": "(Intercept) sexF:typea sexM:typea sexF:typeb sexM:typeb sexF:typec sexM:typec",
    "0 + sex:type": "sexF:typea sexM:typea sexF:typeb sexM:typeb sexF:typec sexM:typec",
    "x:sex": "(Intercept) x:sexF x:sexM",
    "sex:x": "(Intercept) sexF:x sexM:x",
    "x + x:sex": "(Intercept) x x:sexM",
    "x - 1 + x:sex": "x x:sexF x:sexM",
    "sex + x:sex": "(Intercept) sexM sexF:x sexM:x",
    "x + sex:type": "(Intercept) x sexF:typea sexM:typea sexF:typeb sexM:typeb sexF:typec sexM:typec",
    "sex * x * type - sex:x:type": (
        "(Intercept) sexM x typeb typec sexM:x sexM:typeb sexM:typec x:typeb x:typec"
    ),
    "sex + sex:type": "(Intercept) sexM sexF:typeb sexM:typeb sexF:typec sexM:typec",
    "type + sex:type": "(Intercept) typeb typec typea:sexM typeb:sexM typec:sexM",
    "0 + x:sex + type": "typea typeb typec x:sexF x:sexM",
    "log(x) + I(x^2)": "(Intercept) log(x) I(x^2)",
    "x * z": "(Intercept) x z x:z",
    "sex * type - sex": "(Intercept) typeb typec sexM:typea sexM:typeb sexM:typec",
    "sex * type - 1 - sex": "typea typeb typec sexM:typea sexM:typeb sexM:typec",
    "type + x:sex:type": (
        "(Intercept) typeb typec"
        " typea:x:sexF typeb:x:sexF typec:x:sexF typea:x:sexM typeb:x:sexM typec:x:sexM"
    ),
    "(sex + type) * x": "(Intercept) sexM typeb typec x sexM:x typeb:x typec:x",
    "0 + sex * type": "sexF sexM typeb typec sexM:typeb sexM:typec",
}


@pytest.mark.parametrize("side", R)
def test_columns_are_those_of_r(side: str) -> None:
    assert " ".join(column.name for column in coded(side).fixed) == R[side]


def test_text_in_the_random_part_is_coded_by_the_same_rule() -> None:
    assert [c.name for c in coded("x", "sex").random] == ["(Intercept)", "sexM"]
    assert [c.name for c in coded("x", "0 + sex").random] == ["sexF", "sexM"]


def test_an_odd_column_name_keeps_its_quotes() -> None:
    model = model_columns(parse("y ~ `家庭 类型` + (1 | g)"), {"家庭 类型": ["城", "乡"]})
    assert model.fixed[1].name == "`家庭 类型`乡"
    assert model.fixed[1].pieces == (Dummy("家庭 类型", "乡"),)


def test_stored_columns_hold_each_column_once_and_the_response_last() -> None:
    assert [c.name for c in coded("x + sex", "x + z").stored] == ["(Intercept)", "x", "sexM", "z", "y"]
    assert coded("x", "z").positions(coded("x", "z").random) == [0, 2]


def test_json_carries_all_that_another_place_needs() -> None:
    model = coded("x * sex + log(z)", "x")
    assert ModelColumns.from_json(model.to_json()) == model


@pytest.mark.parametrize(
    ("formula", "levels", "code"),
    [
        ("y ~ x + (sex || g)", {"sex": ["F", "M"]}, "text-in-double-bar"),
        ("y ~ x + (1 | g) + (x | g)", {}, "repeated-random-term"),
        ("y ~ sexM + sex + (1 | g)", {"sex": ["F", "M"]}, "ambiguous-term"),
        ("y ~ a * b + (1 | g)", {n: [f"{i:02}" for i in range(30)] for n in "ab"}, "too-many-columns"),
    ],
)
def test_refused(formula: str, levels: dict[str, list[str]], code: str) -> None:
    with pytest.raises(InputError) as caught:
        model_columns(parse(formula), levels)
    assert caught.value.code == code


def test_used_columns_name_each_once() -> None:
    assert used_columns(parse("log(y) ~ x * I(x + z) + sex + (x | g)")) == ["y", "x", "z", "sex", "g"]
    assert parse("y ~ x + (1 | g)").response == Column("y")
