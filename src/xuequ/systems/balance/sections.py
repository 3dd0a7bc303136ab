"""The report on balance: sentences that cite their cells, things to do, figures; shared by pages and files."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from xuequ.core.figures import Text
from xuequ.core.reports import Block, CellRef, FigureBlock, Heading, Lead, Note, Report, Sentence, Step, Steps
from xuequ.systems.balance import pictures
from xuequ.systems.balance.material import Material, SchoolLine

MOST_STEPS = 3


def district_blocks(material: Material, *, most_steps: int = MOST_STEPS) -> tuple[Block, ...]:
    """Return the report on the whole district; a page that has things to do before these says how many it may have."""
    shown: list[Block] = [Lead(lead(material))]
    if steps := district_steps(material)[:most_steps]:
        shown.append(Steps(_("What to do next"), steps))
    shown.append(FigureBlock(pictures.tile_map(material), table=False))
    shown.append(FigureBlock(pictures.standing(material), folded=True))
    shown += [FigureBlock(pictures.coefficients(material, stage)) for stage in material.stages()]
    if pictures.failing(material).rows:
        shown.append(FigureBlock(pictures.failing(material)))
    shown += [Note(tuple(limits(material))), Heading(_("The evidence"))]
    return (*shown, *_folded(material))


def _folded(material: Material) -> Iterator[FigureBlock]:
    yield FigureBlock(pictures.county_items(material), folded=True)
    yield FigureBlock(pictures.schools(material), folded=True)
    if len(material.course) > 1:
        for stage in material.stages():
            yield FigureBlock(pictures.years(material, stage), folded=True)
        yield FigureBlock(pictures.course_of(material.course), folded=True)
    yield FigureBlock(pictures.overview(material), folded=True)


def _cells(figure: str, row: str, *columns: str) -> dict[str, CellRef]:
    return {column: CellRef(figure, row, column) for column in columns}


_LEADS = {
    "met": gettext_noop(
        "All that the rules ask for is met: all %(schools)s schools comply and all %(coefficients)s coefficients keep"
        " to their limit."
    ),
    "unknown": gettext_noop(
        "Nothing stands against it yet, but the verdict is open: %(open)s schools have figures missing and"
        " %(items_open)s items cannot be told."
    ),
    "schools": gettext_noop(
        "Not yet: %(failing)s of %(schools)s schools do not comply; all coefficients keep to their limit, and"
        " %(items_not)s other items are not met."
    ),
    "coefficients": gettext_noop(
        "Not yet: %(over)s of %(coefficients)s coefficients are above their limit; all schools comply, and"
        " %(items_not)s other items are not met."
    ),
    "both": gettext_noop(
        "Not yet: %(failing)s of %(schools)s schools do not comply, %(over)s of %(coefficients)s coefficients are above"
        " their limit, and %(items_not)s other items are not met."
    ),
    "items": gettext_noop(
        "Not yet: all %(schools)s schools comply and all coefficients keep to their limit, but"
        " %(items_not)s other items are not met."
    ),
}


def lead(material: Material) -> Sentence:
    """Say the verdict with what decides it."""
    row = pictures.overview(material).rows[0].cells
    failing, over = row[2], row[4]
    verdict = material.findings["verdict"]
    if verdict != "not-met":
        code = verdict
    else:
        code = {(True, True): "both", (True, False): "schools", (False, True): "coefficients"}.get(
            (bool(failing), bool(over)), "items"
        )
    message = _LEADS[code]
    places = [name for name in _PLACES if f"%({name})s" in message]
    return Sentence(message, _cells("overview", "all", *places))


_PLACES = ("schools", "failing", "open", "over", "coefficients", "items_not", "items_open")


def district_steps(material: Material) -> tuple[Step, ...]:
    """At most three things to do: the school that is furthest, the coefficient that is highest, an open item."""
    found = [*_school_step(material), *_coefficient_step(material), *_item_step(material)]
    return tuple(found[:MOST_STEPS])


def _school_step(material: Material) -> Iterator[Step]:
    figure = pictures.failing(material)
    if figure.rows:
        first = figure.rows[0]
        yield Step(
            Sentence(
                gettext_noop("Help %(school)s first: it still lacks %(what)s."),
                _cells("failing", first.key, "school", "what"),
            ),
            Sentence(
                gettext_noop("On average it is %(gap)s below its thresholds."),
                _cells("failing", first.key, "gap"),
            ),
            first.url,
        )


def _coefficient_step(material: Material) -> Iterator[Step]:
    over = [one for one in material.findings["coefficients"] if one["met"] is False]
    if over:
        worst = max(over, key=lambda one: one["cv"] / one["limit"])
        yield Step(
            Sentence(
                gettext_noop("Even out “%(item)s”: its coefficient is %(cv)s, the limit is %(limit)s."),
                _cells(f"cv-{worst['stage']}", worst["code"], "item", "cv", "limit"),
            ),
            None,
            reverse("balance:cost", args=[material.year]),
        )


def _item_step(material: Material) -> Iterator[Step]:
    order = {"not-met": 0, "unknown": 1}
    items = [
        item
        for item in material.findings["items"]
        if item["group"] != "resources" and item["verdict"] in order
    ]
    if items:
        first = min(items, key=lambda item: (order[item["verdict"]], item["code"]))
        yield Step(
            Sentence(
                gettext_noop("Settle item %(code)s with the office in charge: %(why)s."),
                _cells("items", first["code"], "code", "why"),
            ),
            None,
            reverse("balance:item", args=[material.year, first["code"]]),
        )


def limits(material: Material) -> Iterator[Sentence]:
    """What must be known before the verdict is used."""
    yield Sentence(
        gettext_noop(
            "This is the district's own judgement; the recognition is made by the state. Thresholds marked"
            " “to confirm” in the rules have not been compared with the document."
        )
    )
    if material.findings["without_pupils"]:
        yield Sentence(
            gettext_noop(
                "%(without)s schools have no pupils in the roster: they are not judged, and the verdict on the county"
                " stays open."
            ),
            _cells("overview", "all", "without"),
        )
    if material.findings["depends_on_reading"]:
        yield Sentence(
            gettext_noop(
                "The retention rate is judged by one of two readings in use, and the other would give another verdict;"
                " see item %(code)s."
            ),
            _cells("items", _retention_code(material), "code"),
        )
    if any(
        one["met"] is not None and one["met"] != one["plain_met"] for one in material.findings["coefficients"]
    ):
        yield Sentence(
            gettext_noop(
                "For at least one item the unweighted formula would give another verdict; only the weighted one is"
                " official."
            )
        )


def _retention_code(material: Material) -> str:
    return next(
        (
            item["code"]
            for item in material.findings["items"]
            if any(part["name"] == "retention" for part in item["judged"])
        ),
        "Q01",
    )


def brief_blocks(material: Material) -> tuple[Block, ...]:
    """The leader's page: three sentences, and the figures that they cite folded."""
    shown: list[Block] = [Lead(lead(material))]
    failing = pictures.failing(material)
    if failing.rows:
        first = failing.rows[0].key
        furthest = Sentence(
            gettext_noop("Furthest behind is %(school)s, %(gap)s below its thresholds on average."),
            _cells("failing", first, "school", "gap"),
        )
    else:
        furthest = Sentence(gettext_noop("No school is behind its thresholds by more than the rules allow."))
    shown.append(Note((furthest, _change(material))))
    figures = [pictures.overview(material)]
    figures += [failing] if failing.rows else []
    figures += [pictures.course_of(material.course)] if material.course else []
    return (*shown, *(FigureBlock(figure, folded=True) for figure in figures))


def _change(material: Material) -> Sentence:
    before = [one for one in material.course if one.year.start < material.judgement.year.start]
    if not before:
        return Sentence(gettext_noop("There is no earlier year to compare with yet."))
    cells = {
        "now": CellRef("course", material.year, "complying"),
        "before": CellRef("course", before[-1].year.code, "complying"),
        "year": CellRef("course", before[-1].year.code, "year"),
        "over": CellRef("course", material.year, "over"),
        "over_before": CellRef("course", before[-1].year.code, "over"),
    }
    message = gettext_noop(
        "Schools that comply went from %(before)s in %(year)s to %(now)s, coefficients above their limit from"
        " %(over_before)s to %(over)s."
    )
    return Sentence(message, cells)


def school_blocks(material: Material, line: SchoolLine) -> tuple[Block, ...]:
    """The report on one school; no other school appears in it."""
    shown: list[Block] = [Lead(school_lead(line))]
    if steps := school_steps(material, line):
        shown.append(Steps(_("What it would take"), steps))
    shown.append(FigureBlock(pictures.school_items(material, line)))
    shown.append(Note(tuple(_school_limits(line))))
    return (*shown, FigureBlock(pictures.school_counts(material, line), folded=True))


def school_lead(line: SchoolLine) -> Sentence:
    """Say what the school meets."""
    row = line.result
    names = ["school", "met"]
    if row.complies is None:
        message = gettext_noop("%(school)s meets %(met)s items; for %(missing)s a figure is missing.")
        names.append("missing")
    elif row.complies and not row.unmet:
        message = gettext_noop("%(school)s meets all %(met)s items and complies.")
    elif row.complies:
        message = gettext_noop(
            "%(school)s meets %(met)s items and complies: what is below its threshold reaches what the rules allow."
        )
    else:
        message = gettext_noop(
            "%(school)s meets %(met)s items and misses %(unmet)s, so it does not comply yet."
        )
        names.append("unmet")
    return Sentence(message, _cells("school", "own", *names))


def school_steps(material: Material, line: SchoolLine) -> tuple[Step, ...]:
    """The three items that are furthest, with what each still needs."""
    message = gettext_noop("“%(item)s”: %(lacking)s %(what)s more bring it to the threshold.")
    return tuple(
        Step(Sentence(message, _cells("school-items", f"{item.part}-{item.code}", "item", "lacking", "what")))
        for item in line.open_items()[:3]
    )


def _school_limits(line: SchoolLine) -> Iterator[Sentence]:
    yield Sentence(
        gettext_noop(
            "A school complies when it misses at most %(may_miss)s items and reaches %(floor)s of their thresholds."
        ),
        _cells("school", "own", "may_miss", "floor"),
    )
    if len(line.result.parts) > 1:
        yield Sentence(
            gettext_noop(
                "A nine-year school is judged in two parts; what was reported for the whole school is shared by"
                " the pupils of the parts."
            )
        )


def report_of(material: Material, blocks: tuple[Block, ...], title: Text, subtitle: Text) -> Report:
    """Return the blocks as a report that can be printed, sent and filed."""
    return Report(title, subtitle, material.issuer, material.stamp, material.run, blocks)
