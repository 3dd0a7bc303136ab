"""Changes to a draft's JSON, question by question; a draft may be unfinished, so nothing here expects a whole form."""

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from xuequ.kit.questionnaires.schema import QuestionType

Source = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """An element of a draft: where it stands and what it says."""

    page: int
    place: int
    element: Mapping[str, Any]

    @property
    def name(self) -> str:
        return str(self.element.get("name", ""))

    @property
    def type(self) -> str:
        return str(self.element.get("type", ""))


STARTS: dict[QuestionType, dict[str, Any]] = {
    QuestionType.RADIO: {"choices": [{"value": "a1", "text": "选项一"}, {"value": "a2", "text": "选项二"}]},
    QuestionType.CHECKBOX: {
        "choices": [{"value": "a1", "text": "选项一"}, {"value": "a2", "text": "选项二"}]
    },
    QuestionType.DROPDOWN: {
        "choices": [{"value": "a1", "text": "选项一"}, {"value": "a2", "text": "选项二"}]
    },
    QuestionType.MATRIX: {
        "columns": [
            {"value": 1, "text": "不同意"},
            {"value": 2, "text": "一般"},
            {"value": 3, "text": "同意"},
        ],
        "rows": [{"value": "r1", "text": "第一项"}, {"value": "r2", "text": "第二项"}],
    },
    QuestionType.RATING: {"rateMin": 1, "rateMax": 5},
}


def entries(source: Mapping[str, Any]) -> list[Entry]:
    """Return all elements of a draft in their order, passing over what is no element."""
    return list(_entries(source))


def _entries(source: Mapping[str, Any]) -> Iterator[Entry]:
    for number, page in enumerate(_pages(source)):
        for place, element in enumerate(_elements(page)):
            if isinstance(element, Mapping):
                yield Entry(number, place, element)


def _pages(source: Mapping[str, Any]) -> list[Any]:
    pages = source.get("pages")
    return pages if isinstance(pages, list) else []


def _elements(page: Any) -> list[Any]:
    elements = page.get("elements") if isinstance(page, Mapping) else None
    return elements if isinstance(elements, list) else []


def find(source: Mapping[str, Any], name: str) -> Entry | None:
    """Return the element called ``name``."""
    return next((entry for entry in entries(source) if entry.name == name), None)


def names(source: Any) -> set[str]:
    """Return every name in a draft, in small letters, those in panels too."""
    if isinstance(source, Mapping):
        own = {str(source["name"]).lower()} if "name" in source else set()
        return own.union(*(names(value) for value in source.values()))
    return set().union(*(names(item) for item in source)) if isinstance(source, list) else set()


def free_name(source: Mapping[str, Any], stem: str = "q") -> str:
    """Return a name that nothing in the draft has yet."""
    taken, number = names(source), 1
    while f"{stem}{number}".lower() in taken:
        number += 1
    return f"{stem}{number}"


def add(source: Mapping[str, Any], kind: QuestionType, title: str) -> tuple[Source, str]:
    """Return the draft with a new question at the end of its last page, and the question's name."""
    changed = copy.deepcopy(dict(source))
    if not _pages(changed):
        changed["pages"] = [{"name": "page1", "elements": []}]
    page, name = changed["pages"][-1], free_name(changed)
    page["elements"] = [
        *_elements(page),
        {"type": str(kind), "name": name, "title": title, **copy.deepcopy(STARTS.get(kind, {}))},
    ]
    return changed, name


def add_page(source: Mapping[str, Any]) -> Source:
    """Return the draft with an empty page at its end."""
    changed = copy.deepcopy(dict(source))
    changed["pages"] = [*_pages(changed), {"name": free_name(changed, "page"), "elements": []}]
    return changed


def remove(source: Mapping[str, Any], name: str) -> Source:
    """Return the draft without the element; a page left empty goes too unless it is the only one."""
    changed = copy.deepcopy(dict(source))
    for page in _pages(changed):
        page["elements"] = [
            one for one in _elements(page) if not (isinstance(one, dict) and one.get("name") == name)
        ]
    kept = [page for page in _pages(changed) if _elements(page)]
    changed["pages"] = kept or _pages(changed)[:1]
    return changed


def duplicate(source: Mapping[str, Any], name: str) -> Source:
    """Return the draft with a copy of the element right behind it."""
    changed = copy.deepcopy(dict(source))
    entry = find(changed, name)
    if entry is None:
        return changed
    stem = re.sub(r"\d+$", "", name) or "q"
    twin = {**copy.deepcopy(dict(entry.element)), "name": free_name(changed, stem)}
    if twin.get("type") == "panel":
        return changed  # its questions would stand twice under one name
    changed["pages"][entry.page]["elements"].insert(entry.place + 1, twin)
    return changed


def move(source: Mapping[str, Any], name: str, step: int) -> Source:
    """Return the draft with the element one place up (-1) or down (1), over the edge of a page where it ends."""
    changed = copy.deepcopy(dict(source))
    entry = find(changed, name)
    if entry is None:
        return changed
    pages = changed["pages"]
    here = pages[entry.page]["elements"]
    element = here.pop(entry.place)
    target = entry.place + step
    if 0 <= target <= len(here):
        here.insert(target, element)
    elif 0 <= entry.page + step < len(pages):
        neighbour = pages[entry.page + step].setdefault("elements", [])
        neighbour.insert(len(neighbour) if step < 0 else 0, element)
    else:
        here.insert(entry.place, element)
    return changed


def replace(source: Mapping[str, Any], name: str, element: Mapping[str, Any]) -> Source:
    """Return the draft with another element in the place of the one called ``name``."""
    changed = copy.deepcopy(dict(source))
    entry = find(changed, name)
    if entry is not None:
        changed["pages"][entry.page]["elements"][entry.place] = dict(element)
    return changed


_LINE = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9_-]{0,39})\s*[=＝]\s*(.+)")


def choices_from(lines: str, stem: str, before: list[Any]) -> list[dict[str, Any]]:
    """Return choices from lines of text, "value = label" or a label alone; a label known before keeps its value."""
    known = {label_of(item): value_of(item) for item in before}
    wanted = [_parsed(line) for line in lines.splitlines() if line.strip()]
    taken = {str(value).lower() for value, _text in wanted if value is not None}
    found: list[dict[str, Any]] = []
    for value, text in wanted:
        if value is None:
            value = known.get(text)
            if value is None or str(value).lower() in taken:
                value = next(f"{stem}{n}" for n in range(1, 1000) if f"{stem}{n}" not in taken)
            taken.add(str(value).lower())
        found.append({"value": value, "text": text})
    return found


def _parsed(line: str) -> tuple[str | int | None, str]:
    match = _LINE.fullmatch(line)
    if match is None:
        return None, line.strip()
    value = match.group(1)
    plain = value.isdecimal() and len(value) < 9 and str(int(value)) == value
    return (int(value) if plain else value), match.group(2).strip()


def lines_of(items: Any) -> str:
    """Return choices as lines of text, each with its value."""
    return "\n".join(f"{value_of(item)} = {label_of(item)}" for item in items or ())


def value_of(item: Any) -> Any:
    """Return the value of a choice, which may be written as the value alone."""
    return item.get("value") if isinstance(item, Mapping) else item


def label_of(item: Any) -> str:
    """Return the label of a choice, else its value."""
    text = item.get("text", item.get("value")) if isinstance(item, Mapping) else item
    return str(text.get("default", "") if isinstance(text, Mapping) else text)
