"""Forms and random answers on which our rules are held against survey-core's."""

import random
from typing import Any

WORDS = [
    "",
    " ",
    "好",
    "abc",
    "ABC ",
    "12",
    "007",
    "1.5",
    "true",
    "a b",
    "x" * 12,
    "张三@",
    "a@b.cn",
    "𠮷𠮷",
    "-3",
    "1e3",
]


def training() -> dict[str, Any]:
    """A teachers' needs survey: most types, conditions over pages and panels."""
    return {
        "title": "培训需求",
        "pages": [
            {
                "name": "who",
                "elements": [
                    {"type": "radiogroup", "name": "stage", "title": "学段", "isRequired": True,
                     "choices": [{"value": "primary", "text": "小学"}, {"value": "junior", "text": "初中"}]},
                    {"type": "dropdown", "name": "subject", "choices": ["chinese", "maths", 3, 4],
                     "showOtherItem": True, "requiredIf": "{stage} notempty"},
                    {"type": "text", "name": "years", "inputType": "number", "min": 0, "max": 45, "isRequired": True},
                    {"type": "boolean", "name": "head", "visibleIf": "{years} >= 3", "isRequired": True},
                ],
            },
            {
                "name": "needs",
                "visibleIf": "{stage} = 'junior' or {years} > 5",
                "elements": [
                    {"type": "panel", "name": "box", "visibleIf": "{head} = true or {years} < 10", "elements": [
                        {"type": "checkbox", "name": "topics", "choices": ["ai", "lab", "class", "exam"],
                         "showNoneItem": True, "showOtherItem": True, "isRequired": True,
                         "validators": [{"type": "answercount", "minCount": 2, "maxCount": 3}]},
                        {"type": "comment", "name": "why", "requiredIf": "{topics} contains 'ai'",
                         "validators": [{"type": "text", "minLength": 2, "maxLength": 10}]},
                    ]},
                    {"type": "rating", "name": "mood", "rateMin": 0, "rateMax": 5,
                     "visibleIf": "{topics} anyof ['lab', 'class']", "isRequired": True},
                    {"type": "matrix", "name": "m", "columns": [1, 2, 3], "rows": ["r1", "r2", "r3"],
                     "eachRowRequired": True, "enableIf": "!({topics} allof ['ai', 'lab'])"},
                    {"type": "text", "name": "low", "visibleIf": "{m.r1} = 1 and {m.r2} <> 3", "isRequired": True},
                ],
            },
        ],
    }  # fmt: skip


def rules() -> dict[str, Any]:
    """Every rule for what is typed as text."""
    elements = [
        {"type": "text", "name": "code", "isRequired": True,
         "validators": [{"type": "regex", "regex": "^[A-Z]{2}\\d{3}$", "caseInsensitive": True}]},
        {"type": "text", "name": "tel", "inputType": "tel",
         "validators": [{"type": "regex", "regex": "^\\d{3,4}-?\\d{7,8}$"}]},
        {"type": "text", "name": "mail", "inputType": "email"},
        {"type": "text", "name": "mail2", "validators": [{"type": "email"}]},
        {"type": "text", "name": "n1", "validators": [{"type": "numeric", "minValue": 1, "maxValue": 9}]},
        {"type": "text", "name": "other", "visibleIf": "{code} contains 'a'",
         "validators": [{"type": "text", "minLength": 3}]},
    ]  # fmt: skip
    return {"pages": [{"elements": elements}]}


def sums() -> dict[str, Any]:
    """Numbers, dates, counts of choices, and rules between questions."""
    elements = [
        {"type": "text", "name": "n2", "inputType": "number", "validators": [{"type": "numeric", "minValue": -2}]},
        {"type": "text", "name": "day", "inputType": "date", "min": "2026-01-01", "max": "2026-12-31"},
        {"type": "text", "name": "end", "inputType": "date",
         "validators": [{"type": "expression", "expression": "{end} >= {day} or {end} empty"}]},
        {"type": "text", "name": "sum", "inputType": "number",
         "validators": [{"type": "expression", "expression": "{sum} = {n2} + 0.1 * 3"}]},
        {"type": "checkbox", "name": "c", "choices": ["a", "b", 1, 2],
         "validators": [{"type": "answercount", "minCount": 1, "maxCount": 2},
                        {"type": "expression", "expression": "!({c} = ['b', 'a'])"}]},
    ]  # fmt: skip
    return {"pages": [{"elements": elements}]}


def chain() -> dict[str, Any]:
    """Conditions on conditions, forwards and backwards, and answers that count although they are hidden."""
    elements: list[dict[str, Any]] = [
        {"type": "radiogroup", "name": "q1", "choices": [1, 2, "x"], "showNoneItem": True},
        {"type": "boolean", "name": "q2", "visibleIf": "{q1} = 1 or {q6} notempty"},
        {"type": "rating", "name": "q3", "visibleIf": "{q2} = true", "isRequired": True},
        {"type": "text", "name": "q4", "visibleIf": "{q3} > 2", "requiredIf": "{q5} = '12' or {q1} = 'x'"},
        {"type": "text", "name": "q5", "enableIf": "{q2} empty", "isRequired": True},
        {"type": "dropdown", "name": "q6", "choices": ["1", "2", "true"], "visibleIf": "{q4} != 'abc'"},
        {"type": "comment", "name": "q7", "visibleIf": "{q6} = 1 or {q6} = 'TRUE' or {q3} / 2 >= 2"},
        {"type": "checkbox", "name": "q8", "choices": [1, 2, "x"], "isRequired": True,
         "visibleIf": "{q8b} noneof [1, 'x'] and {q3} * 2 - 1 <= 7"},
        {"type": "checkbox", "name": "q8b", "choices": [1, 2, "x"], "requiredIf": "{q7} notcontains '好'"},
    ]  # fmt: skip
    return {"pages": [{"elements": elements[:4]}, {"elements": elements[4:], "visibleIf": "{q1} notempty"}]}


FORMS = {"training": training(), "rules": rules(), "sums": sums(), "chain": chain()}
SHARES = {"training": 150, "rules": 300, "sums": 300, "chain": 260}
"""How many sets of answers are tried on each form: what survey-core needs grows with the questions."""


def random_answers(form: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """Return one set of answers that a browser could send, right or wrong."""
    answers: dict[str, Any] = {}
    for question in _questions(form):
        if chance.random() < 0.25:
            continue
        answers[question["name"]] = _answer(question, chance)
        if question.get("showOtherItem") and chance.random() < 0.5:
            answers[f"{question['name']}-Comment"] = chance.choice(["别的", "x"])
    return {name: value for name, value in answers.items() if value not in ("", [], {}, None)}


def _questions(form: dict[str, Any]) -> list[dict[str, Any]]:
    found = []
    for page in form["pages"]:
        for element in page["elements"]:
            found += element["elements"] if element["type"] == "panel" else [element]
    return found


def _answer(question: dict[str, Any], chance: random.Random) -> Any:
    kind = question["type"]
    if kind == "boolean":
        return chance.random() < 0.5
    if kind == "rating":
        return chance.randint(question.get("rateMin", 1), question.get("rateMax", 5))
    if kind == "matrix":
        return {row: chance.choice(question["columns"]) for row in question["rows"] if chance.random() < 0.8}
    if kind in {"text", "comment"}:
        return _typed(question, chance)
    return _chosen(question, chance)


def _chosen(question: dict[str, Any], chance: random.Random) -> Any:
    options = [one["value"] if isinstance(one, dict) else one for one in question["choices"]]
    options += ["other"] * question.get("showOtherItem", False)
    if question["type"] != "checkbox":
        return chance.choice([*options, *["none"] * question.get("showNoneItem", False)])
    if question.get("showNoneItem") and chance.random() < 0.15:
        return ["none"]
    return chance.sample(options, chance.randint(0, len(options)))


def _typed(question: dict[str, Any], chance: random.Random) -> Any:
    match question.get("inputType", "text"):
        case "number":
            return chance.choice([-3, 0, 0.3, 1, 2, 3, 4, 5, 6, 10, 44, 46, 2.5, 1.1])
        case "date":
            return chance.choice(
                ["2025-12-31", "2026-01-01", "2026-06-01", "2026-12-31", "2027-02-28", "2150-01-01"]
            )
        case "tel":
            return chance.choice(["0591-87654321", "87654321", "05911234567", "abc", "1234567890123"])
        case "email":
            return chance.choice(
                ["a@b.cn", "a.b@c.d.com", "a@b", "@b.cn", '"x y"@b.cn', "张@例.中国", "a@b.c"]
            )
    return chance.choice([*WORDS, "AB123", "ab123", "AB12", "a@b.cn", "a@b"])
