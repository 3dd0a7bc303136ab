"""One check for both kinds of files, run before storing is offered and again, in the transaction, when it happens."""

import datetime as dt
from collections.abc import Iterator

from xuequ.core.jobs.context import report_progress
from xuequ.district import queries as district
from xuequ.district.actors import Actor
from xuequ.district.models import School, Term
from xuequ.kit.scores import sheets
from xuequ.kit.scores.aliases import Use
from xuequ.kit.scores.blueprint import blueprint_sheet, read_blueprint
from xuequ.kit.scores.district_check import check_columns, check_rows, class_from_sheet
from xuequ.kit.scores.dry_run import DryRun
from xuequ.kit.scores.item_results import build_sheet, items_subject
from xuequ.kit.scores.options import Mode, Options
from xuequ.kit.scores.problems import Remark
from xuequ.kit.scores.roster import load_roster
from xuequ.kit.scores.studies import check_study
from xuequ.kit.scores.tables import Table
from xuequ.kit.scores.targets import Context, build_context
from xuequ.record.choices import BatchState
from xuequ.record.models import Assessment, ImportBatch


def check_book(book: sheets.Loaded, options: Options, actor: Actor, batch: ImportBatch) -> DryRun:
    """Check the file as the options say."""
    if options.mode == Mode.STUDY:
        run = check_study(sheets.study_table(book, options), options)
    else:
        run = _check_district(book, options, actor)
    run.remarks[:0] = list(_remarks(book, options, batch))
    return run


def _check_district(book: sheets.Loaded, options: Options, actor: Actor) -> DryRun:
    tables, problems = sheets.chosen_tables(book, options)
    problems += check_columns(options, tables[0].sheet)
    if problems:
        return DryRun(rows=sum(len(table.rows) for table in tables), problems=problems)
    report_progress(0.2, "")
    context = _context(options, actor)
    before = DryRun()
    subject = items_subject(options, context.only_subject)
    context.items = build_sheet(
        options, tables, read_blueprint(book), subject, context.existing.get(subject), before
    )
    run = check_rows(tables, options, context)
    run.problems[:0], run.remarks[:0] = before.problems, before.remarks
    run.remarks += _table_remarks(tables, options)
    report_progress(0.5, "")
    return run


def _context(options: Options, actor: Actor) -> Context:
    """Load the roster of the day on which the results were given, and the assessments they may go to."""
    assessment = None
    if options.assessment:
        assessment = Assessment.objects.select_related("term", "school").get(uid=options.assessment)
    day = _day(options, assessment, actor)
    school = assessment.school if assessment is not None else None
    if options.school:
        school = School.objects.of_district().filter(uid=options.school).first()
    roster = load_roster(
        actor,
        day,
        first_year=district.first_year_on(day),
        grade=assessment.grade if assessment is not None else options.grade,
        only_school=school.pk if school is not None else None,
    )
    return build_context(options, roster)


def _day(options: Options, assessment: Assessment | None, actor: Actor) -> dt.date:
    """Return the day whose classes count: when it was held, else today within the term, else the term's last day."""
    held_on = assessment.held_on if assessment is not None else options.date
    if held_on is not None:
        return held_on
    term = assessment.term if assessment is not None else Term.objects.filter(code=options.term).first()
    if term is None or term.start <= actor.day < term.end:
        return actor.day
    return term.end - dt.timedelta(days=1)


def _remarks(book: sheets.Loaded, options: Options, batch: ImportBatch) -> Iterator[Remark]:
    same = ImportBatch.objects.filter(file_sha256=batch.file_sha256, state=BatchState.STORED).exclude(
        pk=batch.pk
    )
    if (before := same.first()) is not None and before.stored is not None:
        yield Remark("same-file", {"text": f"{before.stored:%Y-%m-%d}"})
    for name in book.hidden:
        yield Remark("hidden-sheet", {"text": name})
    for column in sheets.left_out(options):
        yield Remark("rank-column" if column.use == Use.RANK else "ignored-column", {"text": column.label})
    planned = blueprint_sheet(book)
    for sheet in book.sheets:
        if sheet.name not in options.sheets and sheet is not planned:
            yield Remark("sheet-left-out", {"text": sheet.name})


def _table_remarks(tables: list[Table], options: Options) -> Iterator[Remark]:
    for table in tables:
        for label in table.summaries:
            yield Remark("summary-row", {"text": label})
        if options.one(Use.CLASS) is None and class_from_sheet(table.sheet):
            yield Remark("class-from-sheet", {"text": table.sheet})
