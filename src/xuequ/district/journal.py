"""Large writes keep a journal, and are undone from it as a whole or not at all."""

import base64
import datetime as dt
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Self
from uuid import UUID

from django.apps import apps
from django.db import connection, models
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext as _

from xuequ.core.errors import Refused
from xuequ.district.changes import Change

CHUNK, AT_ONCE = 2000, 20_000
Model = type[models.Model]
Values = dict[str, Any]


class Journal:
    """Collects the steps of one large write in the writer's transaction; leaving the ``with`` block saves them.

    >>> with Journal(batch.uid) as journal:              # doctest: +SKIP
    ...     journal.added(Pupil, [row.pk for row in new])
    ...     before = snapshot(enrolment, ["end", "ended"])
    ...     enrolment.end, enrolment.ended = day, EnrolmentEnd.TRANSFER
    ...     journal.update([(enrolment, before)], person_of=lambda row: row.pupil.person_id)
    """

    def __init__(self, operation: UUID) -> None:
        self.operation = operation
        self._added: dict[Model, list[Any]] = defaultdict(list)
        self._changed: list[Change] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_rest: object) -> None:
        if kind is None:
            self.save()

    def added(self, model: Model, keys: Iterable[Any]) -> None:
        """Note that the rows with these primary keys were added."""
        self._added[model].extend(keys)

    def changed(
        self,
        model: Model,
        key: Any,
        before: Mapping[str, Any],
        after: Mapping[str, Any],
        person_id: int | None = None,
    ) -> None:
        """Note what one row was and became; only the fields that differ are kept."""
        fields = [name for name in after if before[name] != after[name]]
        if fields:
            step = Change(
                operation=self.operation,
                table=model._meta.label_lower,
                keys=[key],
                before={name: before[name] for name in fields},
                after={name: after[name] for name in fields},
                person_id=person_id,
            )
            self._changed.append(step)

    def update(
        self, rows: Sequence[tuple[models.Model, Mapping[str, Any]]], person_ids: Sequence[int | None] = ()
    ) -> None:
        """Write rows that were altered in memory, each with its ``snapshot`` from before, and note them."""
        if not rows:
            return
        model, fields = type(rows[0][0]), list(rows[0][1])
        whose = person_ids or [None] * len(rows)
        for (row, before), person_id in zip(rows, whose, strict=True):
            self.changed(model, row.pk, before, snapshot(row, fields), person_id)
        model._default_manager.bulk_update([row for row, _before in rows], fields, batch_size=500)

    def save(self) -> None:
        """Write what was noted, and begin anew."""
        steps = [
            Change(operation=self.operation, table=model._meta.label_lower, keys=piece)
            for model, keys in self._added.items()
            for piece in _pieces(keys)
        ]
        Change.objects.bulk_create([*steps, *self._changed], batch_size=500)
        self._added.clear()
        self._changed.clear()


def snapshot(row: models.Model, fields: Iterable[str]) -> Values:
    """Return the values of ``fields`` as the journal keeps them (foreign keys by ``…_id`` or by name)."""
    return {name: _kept(getattr(row, _column(type(row), name).attname)) for name in fields}


def _column(model: Model, name: str) -> "models.Field[Any, Any]":
    column = model._meta.get_field(name)
    assert isinstance(column, models.Field)
    return column


def _kept(value: Any) -> Any:
    if isinstance(value, bytes | memoryview | bytearray):
        return base64.b64encode(bytes(value)).decode()
    if isinstance(value, dt.date | dt.datetime | UUID):
        return value.isoformat() if isinstance(value, dt.date) else str(value)
    return value


def _restored(column: "models.Field[Any, Any]", value: Any) -> Any:
    if value is not None and isinstance(column, models.BinaryField):
        return base64.b64decode(value)
    return column.to_python(value) if not column.is_relation else value


def _among(keys: Sequence[int]) -> RawSQL:
    """Return keys as something to look ``__in``: a single text, for Django takes longer over many than the database."""
    rows = (
        "SELECT value::bigint FROM json_array_elements_text(%s::json)"
        if connection.vendor == "postgresql"
        else "SELECT value FROM json_each(%s)"
    )
    return RawSQL(rows, [json.dumps(keys)])  # noqa: S611 - keys of our own rows, as a parameter


def _pieces(keys: Iterable[Any], size: int = CHUNK) -> Iterator[list[Any]]:
    waiting = iter(keys)
    while piece := list(islice(waiting, size)):
        yield piece


def undo(operation: UUID) -> dict[str, int]:
    """Take the write back in the caller's transaction; return how many rows of each table were touched.

    Raises ``Refused`` when rows were changed since, or when something else rests on rows that would vanish.
    """
    steps = list(Change.objects.filter(operation=operation).order_by("id"))
    added = _added_keys(steps)
    changed = _changed_values(steps)
    _refuse_later_changes(changed)
    _refuse_dependants(operation, added, changed)
    counts: dict[str, int] = {}
    for model, rows in changed.items():
        counts[model._meta.label_lower] = _put_back(model, rows)
    for model, keys in added.items():
        counts[model._meta.label_lower] = counts.get(model._meta.label_lower, 0) + _remove(model, keys)
    Change.objects.filter(operation=operation).delete()
    return counts


def _added_keys(steps: Sequence[Change]) -> dict[Model, list[Any]]:
    added: dict[Model, list[Any]] = defaultdict(list)
    for step in steps:
        if step.after is None:
            added[apps.get_model(step.table)].extend(step.keys)
    return dict(added)


def _changed_values(steps: Sequence[Change]) -> dict[Model, dict[Any, tuple[Values, Values]]]:
    """Return by model and key what each field was at first and became at last."""
    changed: dict[Model, dict[Any, tuple[Values, Values]]] = defaultdict(dict)
    for step in steps:
        if step.before is not None and step.after is not None:
            first, last = changed[apps.get_model(step.table)].setdefault(step.keys[0], ({}, {}))
            for name, value in step.before.items():
                first.setdefault(name, value)
            last.update(step.after)
    return dict(changed)


def _refuse_later_changes(changed: Mapping[Model, Mapping[Any, tuple[Values, Values]]]) -> None:
    for model, rows in changed.items():
        now = _rows(model, rows)
        later = [
            key for key, (_first, last) in rows.items() if key in now and snapshot(now[key], last) != last
        ]
        gone = len(rows) - len(now)
        if later or gone:
            raise Refused(
                _(
                    "Since then %(count)s entries (%(what)s) were changed again, so this can no longer be undone."
                )
                % {"count": len(later) + gone, "what": model._meta.verbose_name_plural}
            )


def _rows(model: Model, keys: Iterable[Any]) -> dict[Any, models.Model]:
    found: dict[Any, models.Model] = {}
    for piece in _pieces(keys, AT_ONCE):
        rows = model._default_manager.filter(pk__in=_among(piece)).order_by()
        found.update((row.pk, row) for row in rows)
    return found


def _refuse_dependants(
    operation: UUID,
    added: Mapping[Model, Sequence[Any]],
    changed: Mapping[Model, Mapping[Any, tuple[Values, Values]]],
) -> None:
    for model, keys in added.items():
        for relation in _relations(model):
            if relation.on_delete is models.SET_NULL:
                continue
            own = {*added.get(relation.related_model, ()), *_turned(relation, changed)}
            count = _count_others(relation, keys, own, operation)
            if count:
                raise Refused(
                    _("%(count)s entries (%(what)s) rest on what this brought in; take them back first.")
                    % {"count": count, "what": relation.related_model._meta.verbose_name_plural}
                )


def _turned(relation: Any, changed: Mapping[Model, Mapping[Any, tuple[Values, Values]]]) -> Iterator[Any]:
    """Yield the rows that the write itself made point elsewhere: they are put back before anything vanishes."""
    names = {relation.field.name, relation.field.attname}
    for key, (first, _last) in changed.get(relation.related_model, {}).items():
        if names & first.keys():
            yield key


def _relations(model: Model) -> list[Any]:
    """Return what points at the model, also where the other side has no name for it (``related_name="+"``)."""
    fields = model._meta.get_fields(include_hidden=True)
    return [item for item in fields if isinstance(item, models.ManyToOneRel)]


def _count_others(relation: Any, keys: Sequence[Any], own: set[Any], operation: UUID) -> int:
    """Count the rows that point at ``keys`` and were not added by the same write."""
    name, count = relation.field.name, 0
    for piece in _pieces(keys, AT_ONCE):
        rows = relation.related_model._base_manager.filter(**{f"{name}__in": _among(piece)})
        if relation.related_model is Change:
            rows = rows.exclude(operation=operation)
        count += sum(1 for key in rows.values_list("pk", flat=True) if key not in own)
    return count


def _put_back(model: Model, rows: Mapping[Any, tuple[Values, Values]]) -> int:
    found = _rows(model, rows)
    fields = sorted({name for first, _last in rows.values() for name in first})
    for key, (first, _last) in rows.items():
        for name, value in first.items():
            column = _column(model, name)
            setattr(found[key], column.attname, _restored(column, value))
    model._default_manager.bulk_update(list(found.values()), fields, batch_size=500)
    return len(found)


def _remove(model: Model, keys: Sequence[Any]) -> int:
    """Delete rows without asking row by row what hangs on them: that was settled before."""
    count = 0
    for piece in _pieces(keys, AT_ONCE):
        for relation in _relations(model):
            if relation.on_delete is models.SET_NULL:
                name = relation.field.name
                pointing = relation.related_model._base_manager.filter(**{f"{name}__in": _among(piece)})
                pointing.update(**{name: None})
        rows = model._base_manager.filter(pk__in=_among(piece))
        count += rows._raw_delete(rows.db)
    return count
