"""Schools and classes of a file against those that there are."""

from xuequ.district.people import plain
from xuequ.kit.roster.content import ClassRow, Kind, SchoolRow
from xuequ.kit.roster.context import Context, place_of
from xuequ.kit.roster.plan import ADDED, CHANGED, UNCHANGED
from xuequ.kit.roster.problems import Remark
from xuequ.kit.roster.state import ClassRef, SchoolRef, note_school

SCHOOL_FIELDS = ("name", "short_name", "stage", "sector", "year_system", "area", "sourced_id")


def check_schools(context: Context) -> None:
    """Find out which schools are new or described otherwise."""
    seen: dict[str, SchoolRow] = {}
    for row in context.content.schools:
        if not context.everywhere:
            context.wrong(row.origin, "district-only")
            return
        key = plain(row.code or row.name)
        if key in seen:
            context.wrong(row.origin, "duplicate-row", "name", place=place_of(seen[key].origin, "name"))
            continue
        seen[key] = row
        known = context.state.schools.get(plain(row.code)) if row.code else None
        _check_school(context, row, known or context.state.schools.get(plain(row.name)))


def _check_school(context: Context, row: SchoolRow, known: SchoolRef | None) -> None:
    if known is not None and known.code and row.code and known.code != row.code:
        known = None  # another school of the same name
    if known is None:
        _add_school(context, row)
        return
    said = {name: getattr(row, name) for name in SCHOOL_FIELDS}
    changed = {name: text for name, text in said.items() if text and text != getattr(known, name)}
    if changed:
        context.run.plan.changed_schools.append((known, changed))
        what = next(iter(changed))
        before = getattr(known, what)
        context.run.note(
            Kind.SCHOOLS,
            CHANGED,
            known.name,
            f"school-{what}",
            row.origin,
            before=before,
            after=changed[what],
        )
    else:
        context.run.note(Kind.SCHOOLS, UNCHANGED)


def _add_school(context: Context, row: SchoolRow) -> None:
    if not row.code.isalnum():
        context.wrong(row.origin, "school-code", "code", text=row.code)
    elif not row.stage:
        context.wrong(row.origin, "school-stage", "stage")
    else:
        ref = SchoolRef(
            None,
            row.code,
            row.name,
            row.short_name,
            row.stage,
            row.sector or "public",
            row.year_system or "6-3",
            row.area,
            row.sourced_id,
        )
        note_school(context.state, ref)
        context.run.plan.new_schools.append(ref)
        context.run.note(Kind.SCHOOLS, ADDED, row.name, "", row.origin)


def check_classes(context: Context) -> None:
    """Find out which classes are new or called otherwise."""
    seen: dict[ClassRef, ClassRow] = {}
    for row in context.content.classes:
        school = context.school_of(row.school, row.origin)
        if school is None or (row.code and not context.code_is_free(row.code, school, row.origin)):
            continue
        found = context.class_of(
            school, row.name, row.grade, row.origin, "name", entry_year=row.entry_year, create=True
        )
        if found is None:
            continue
        if found in seen:
            context.wrong(row.origin, "duplicate-row", "name", place=place_of(seen[found].origin, "name"))
            continue
        seen[found] = row
        _compare_class(context, row, found)


def _compare_class(context: Context, row: ClassRow, found: ClassRef) -> None:
    said = {"label": row.label, "sourced_id": row.sourced_id}
    changed = {name: text for name, text in said.items() if text and text != getattr(found, name)}
    text = f"{found.school.name} {found}"
    if found.pk is None:
        found.label, found.sourced_id = row.label, row.sourced_id
        context.run.note(Kind.CLASSES, ADDED, text, "", row.origin)
    elif changed:
        context.run.plan.changed_classes.append((found, changed))
        after = next(iter(changed.values()))
        context.run.note(
            Kind.CLASSES, CHANGED, text, "new-label", row.origin, before=found.label, after=after
        )
    else:
        context.run.note(Kind.CLASSES, UNCHANGED)


def count_implied_classes(context: Context) -> None:
    """Count the classes that are added because pupils stand in them."""
    new = context.run.plan.new_classes
    implied = len(new) - context.run.tally[Kind.CLASSES].get(ADDED, 0)
    if implied > 0:
        for school_class in new[-implied:]:
            text = f"{school_class.school.name} {school_class}"
            context.run.note(Kind.CLASSES, ADDED, text, "from-pupils")
        context.run.remarks.append(Remark("classes-from-pupils", {"count": str(implied)}))
