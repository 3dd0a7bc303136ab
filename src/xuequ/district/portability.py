"""Everything that is held about one person, gathered by the register of personal data."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.encoding import force_str
from django.utils.translation import gettext as _

from xuequ.core import audit
from xuequ.core.errors import Refused
from xuequ.core.registry import PersonalData
from xuequ.district.actors import Actor
from xuequ.district.holdings import entries, loose_rows, model_of, rows_of
from xuequ.district.people import Identity, Person

Value = str | int | float | bool | None
HIDDEN = (models.BinaryField, models.AutoField)


@dataclass(frozen=True, slots=True)
class Section:
    """One class of data: what it is, on what ground and how long it is kept, and the person's rows."""

    entry: PersonalData
    headings: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]


def collect(*, actor: Actor, person: Person) -> list[Section]:
    """Return every section that has rows; one audit row says that the person's data were taken.

    Who may take them is for the caller to check: a request that was granted, or the command line.
    """
    if not Identity.objects.filter(person=person).exists():
        raise Refused(_("This person has been erased; there is nothing left that could be told."))
    found = [_section(entry, person) for entry in entries() if entry.is_about_people]
    sections = [section for section in found if section.rows]
    counts = {section.entry.slug: len(section.rows) for section in sections}
    audit.record(actor, "person.exported", None, {"person": str(person.key), **counts})
    return sections


def _section(entry: PersonalData, person: Person) -> Section:
    if not (entry.person or entry.uid or entry.login):
        return _loose_section(entry, list(loose_rows(entry, person)))
    fields = _fields(entry)
    rows = rows_of(entry, person).order_by("pk").select_related(*_relations(entry))
    lines = tuple(tuple(_value(row, path) for path in fields) for row in rows)
    return Section(entry, tuple(fields.values()), lines)


def _loose_section(entry: PersonalData, rows: list[dict[str, Any]]) -> Section:
    headings = tuple(dict.fromkeys(name for row in rows for name in row))
    lines = tuple(tuple(_plain(row.get(name)) for name in headings) for row in rows)
    return Section(entry, headings, lines)


def _fields(entry: PersonalData) -> dict[str, str]:
    if entry.export:
        return {path: force_str(heading) for path, heading in entry.export.items()}
    columns = [column for column in model_of(entry)._meta.concrete_fields if not column.is_relation]
    return {c.name: force_str(c.verbose_name) for c in columns if not isinstance(c, HIDDEN)}


def _relations(entry: PersonalData) -> Iterable[str]:
    """Return the relations that the exported fields pass through, so that they are read with the rows."""
    for path in entry.export:
        model, steps = model_of(entry), []
        for name in path.split("__"):
            names = {field.name: field for field in model._meta.get_fields()}
            related = names[name].related_model if name in names and names[name].is_relation else None
            if related is None or names[name].many_to_many or names[name].one_to_many:
                break
            steps.append(name)
            model = related
        if steps:
            yield "__".join(steps)


def _value(row: Any, path: str) -> Value:
    """Follow a lookup along attributes and dictionaries; choices are written in words."""
    *steps, last = path.split("__")
    for step in steps:
        row = _step(row, step)
        if row is None:
            return None
    display = getattr(row, f"get_{last}_display", None)
    return _plain(display() if display is not None else _step(row, last))


def _step(row: Any, name: str) -> Any:
    return row.get(name) if isinstance(row, dict) else getattr(row, name, None)


def _plain(value: Any) -> Value:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, dt.datetime):
        from django.utils.timezone import localtime

        return localtime(value).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, dict | list):
        import json

        return json.dumps(value, ensure_ascii=False) if value else ""
    return force_str(value)
