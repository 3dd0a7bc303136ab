"""The marks by item of a sheet: the paper they belong to, and each row's marks checked against its total."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from xuequ.kit.scores.aliases import Use
from xuequ.kit.scores.blueprint import Blueprint
from xuequ.kit.scores.cells import read_score
from xuequ.kit.scores.dry_run import DryRun, Found, ItemMarks, Reading
from xuequ.kit.scores.items import order_of, read_option
from xuequ.kit.scores.options import ColumnUse, Options
from xuequ.kit.scores.problems import Problem, Remark
from xuequ.kit.scores.tables import Table
from xuequ.kit.sheets.reading import cell_name
from xuequ.kit.sheets.tables import text_of
from xuequ.record.choices import ResultStatus
from xuequ.record.models import Assessment, Result
from xuequ.record.papers import PaperContent, PaperItem, current_paper

TOLERANCE = 0.01


@dataclass(frozen=True, slots=True)
class ItemColumns:
    """Where an item's marks and options stand."""

    item: PaperItem
    scores: int | None
    options: int | None


@dataclass(slots=True)
class ItemSheet:
    """What the rows' item cells are read against.

    ``total`` is the column of the paper's total; ``scaled`` says that the stored scores are not sums of marks, and
    ``standing`` then holds what each pupil has already.
    """

    subject: str
    content: PaperContent
    columns: tuple[ItemColumns, ...]
    total: int | None
    scaled: bool
    standing: Mapping[int, float | None]

    def added(self, found: Found, reading: Reading | None, run: DryRun) -> Reading | None:
        """Return the reading with its marks by item; a row without a total gets their sum."""
        if reading is not None and reading.status != ResultStatus.SCORED:
            return reading
        marks = list(self._marks(found, run))
        if len(marks) < len(self.columns) or all(score is None and not option for score, option in marks):
            return reading  # unreadable, or a pupil of whom only the total is known
        scores = [score for score, _option in marks]
        if None in scores and not self._blanks_are_zero(scores, reading):
            self._blank(found, scores, run)
            return reading
        filled = [score or 0.0 for score in scores]
        return self._with_total(found, reading, filled, [option for _score, option in marks], run)

    def _marks(self, found: Found, run: DryRun) -> Iterator[tuple[float | None, str]]:
        """Yield marks and options of each item; fewer than there are items when a cell cannot be read."""
        for column in self.columns:
            option = self._option(found, column, run)
            if option is None:
                continue
            if column.scores is None:
                yield self._by_key(found, column, option, run)
                continue
            value = read_score(found.row.at(column.scores), column.item.full_mark)
            if value.error:
                params = {"text": value.raw, "full": f"{column.item.full_mark:g}"}
                run.problems.append(_problem(value.error, found, column.scores, params))
                continue
            yield value.score, option

    def _option(self, found: Found, column: ItemColumns, run: DryRun) -> str | None:
        if column.options is None:
            return ""
        cell = found.row.at(column.options)
        option = read_option(cell)
        if option is None:
            run.problems.append(_problem("option", found, column.options, {"text": text_of(cell)[:40]}))
        return option

    def _by_key(
        self, found: Found, column: ItemColumns, option: str, run: DryRun
    ) -> tuple[float | None, str]:
        """Mark an item by its key; how much a part of several right options is worth only the sheet can say."""
        right = set(column.item.key)
        if option and len(right) > 1 and set(option) < right and column.options is not None:
            run.problems.append(_problem("part-marks", found, column.options, {"item": column.item.number}))
        return (column.item.full_mark if option and set(option) == right else 0.0), option

    def _blanks_are_zero(self, scores: Sequence[float | None], reading: Reading | None) -> bool:
        """Whether the total proves that empty cells are items without a mark."""
        if self.scaled or reading is None or reading.score is None:
            return False
        return abs(sum(score or 0.0 for score in scores) - reading.score) <= TOLERANCE

    def _blank(self, found: Found, scores: Sequence[float | None], run: DryRun) -> None:
        place = scores.index(None)
        column = self.columns[place].scores
        run.problems.append(
            _problem("item-blank", found, column or 0, {"item": self.columns[place].item.number})
        )

    def _with_total(
        self,
        found: Found,
        reading: Reading | None,
        scores: Sequence[float],
        options: Sequence[str],
        run: DryRun,
    ) -> Reading | None:
        total = sum(scores)
        given = reading.score if reading is not None else None
        if given is not None and not self.scaled and abs(total - given) > TOLERANCE:
            column = self.total if self.total is not None else 0
            params = {"sum": f"{total:.10g}", "text": f"{given:.10g}"}
            run.problems.append(_problem("item-sum", found, column, params))
        marks = ItemMarks.of(scores, options if any(options) else ())
        if reading is not None and (given is not None or reading.level):
            return replace(reading, items=marks)
        if self.scaled:
            return self._scaled(found, marks, run)
        return _reading(found, self.subject, total, f"{total:.10g}", marks)

    def _scaled(self, found: Found, marks: ItemMarks, run: DryRun) -> Reading | None:
        score = self.standing.get(found.pupil)
        if score is None:
            run.problems.append(_problem("item-scale", found, 0, {}))
            return None
        return _reading(found, self.subject, score, f"{score:g}", marks)


def _reading(found: Found, subject: str, score: float, raw: str, marks: ItemMarks) -> Reading:
    place = (found.table.sheet, cell_name(found.row.index, 0))
    pupil = (found.pupil, found.school, found.school_class, subject)
    return Reading(*pupil, ResultStatus.SCORED, score, "", raw[:40], place, marks)


def _problem(code: str, found: Found, column: int, params: Mapping[str, str]) -> Problem:
    return Problem(code, found.table.sheet, cell_name(found.row.index, column), params)


def items_subject(options: Options, chosen: str) -> str:
    """Return the subject that item columns are about: the assessment's, else the one of the results or the items."""
    if options.assessment:
        return chosen
    scored = {column.subject for column in options.using(Use.SCORE)} - {""}
    if len(scored) == 1:
        return scored.pop()
    own = [c.subject for c in (*options.using(Use.ITEM), *options.using(Use.OPTION)) if c.subject]
    return own[0] if own else ""


def item_columns(options: Options) -> dict[str, tuple[ColumnUse | None, ColumnUse | None]]:
    """Return the columns of marks and of options by item number, in the order of the paper."""
    found: dict[str, tuple[ColumnUse | None, ColumnUse | None]] = {}
    for column in options.columns:
        if column.use not in {Use.ITEM, Use.OPTION} or not column.item:
            continue
        marks, chosen = found.get(column.item, (None, None))
        found[column.item] = (column, chosen) if column.use == Use.ITEM else (marks, column)
    return dict(sorted(found.items(), key=lambda pair: order_of(pair[0])))


def build_sheet(
    options: Options,
    tables: Sequence[Table],
    blueprint: Blueprint | None,
    subject: str,
    assessment: Assessment | None,
    run: DryRun,
) -> ItemSheet | None:
    """Return what item cells are read against, or None when the sheet has none; what is wrong goes into ``run``."""
    columns = item_columns(options)
    if not columns:
        return None
    paper = current_paper(assessment) if assessment is not None and assessment.pk else None
    known = PaperContent.of(paper) if paper is not None else None
    items = list(_items(columns, tables[0], blueprint, known, run))
    lessons = blueprint.lessons if blueprint is not None else known.lessons if known is not None else {}
    run.problems += blueprint.problems if blueprint is not None else ()
    run.problems += _left_out(columns, blueprint)
    content = PaperContent(tuple(items), dict(lessons))
    run.remarks += _remarks(content, assessment)
    places = {item.number: columns[item.number] for item in items}
    scaled = assessment is not None and bool(assessment.scale)
    totals = [column for column in options.using(Use.SCORE) if column.subject in {"", subject}]
    return ItemSheet(
        subject,
        content,
        tuple(ItemColumns(item, *map(_index, places[item.number])) for item in items),
        totals[0].index if totals else None,
        scaled,
        _standing(assessment) if scaled and assessment is not None else {},
    )


def _index(column: ColumnUse | None) -> int | None:
    return column.index if column is not None else None


def _standing(assessment: Assessment) -> dict[int, float | None]:
    rows = Result.objects.filter(assessment=assessment, is_current=True, status=ResultStatus.SCORED)
    return dict(rows.values_list("pupil_id", "score"))


def _items(
    columns: Mapping[str, tuple[ColumnUse | None, ColumnUse | None]],
    table: Table,
    blueprint: Blueprint | None,
    known: PaperContent | None,
    run: DryRun,
) -> Iterator[PaperItem]:
    """Yield each item with what the heading, the table of specifications or the stored paper says of it."""
    described = {item.number: item for item in known.items} if known is not None else {}
    planned = {item.number: item for item in blueprint.items} if blueprint is not None else {}
    for number, (marks, chosen) in columns.items():
        base = planned.get(number) or described.get(number) or PaperItem(number, 0.0)
        full = _full_mark(marks or chosen, table, base)
        place = _heading_place(table, marks or chosen)
        if planned.get(number) and base.full_mark and full != base.full_mark and blueprint is not None:
            params = {"item": number, "text": f"{base.full_mark:g}", "full": f"{full:g}"}
            run.problems.append(
                Problem("item-full-differs", blueprint.sheet, blueprint.cells[number], params)
            )
        if full <= 0:
            run.problems.append(Problem("item-full-missing", *place, {"item": number}))
        if marks is None and not base.key:
            run.problems.append(Problem("item-key", *place, {"item": number}))
        yield replace(base, full_mark=full)


def _full_mark(column: ColumnUse | None, table: Table, base: PaperItem) -> float:
    if column is not None and column.full_mark is not None:
        return column.full_mark
    if column is not None and table.full_marks is not None:
        value = read_score(table.full_marks.at(column.index))
        if value.score:
            return value.score
    return base.full_mark


def _heading_place(table: Table, column: ColumnUse | None) -> tuple[str, str]:
    return table.sheet, cell_name(table.last_heading, column.index if column is not None else 0)


def _left_out(columns: Iterable[str], blueprint: Blueprint | None) -> list[Problem]:
    """Name the items of the table of specifications that no column holds."""
    if blueprint is None:
        return []
    here = set(columns)
    return [
        Problem("item-absent", blueprint.sheet, blueprint.cells[item.number], {"item": item.number})
        for item in blueprint.items
        if item.number not in here
    ]


def _remarks(content: PaperContent, assessment: Assessment | None) -> Iterator[Remark]:
    yield Remark("items", {"items": str(len(content.items)), "points": str(len(content.points))})
    if not content.points:
        yield Remark("no-points", {})
    full = assessment.full_mark if assessment is not None else None
    if full is not None and abs(full - content.full_mark) > TOLERANCE:
        yield Remark("paper-sum", {"sum": f"{content.full_mark:g}", "full": f"{full:g}"})
