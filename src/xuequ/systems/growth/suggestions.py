"""The rules behind the report's suggestions: each says when it speaks, what it says, and which cells prove it.

The rules are data to be reviewed: the page that explains the report lists them with their conditions.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from statistics import NormalDist

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from xuequ.core.figures import Text
from xuequ.core.reports import Sentence, Step
from xuequ.engines.growth.audits.verdicts import AuditVerdict
from xuequ.systems.growth.analysis import Analysis
from xuequ.systems.growth.analysis_pictures import GroupLine, TrendLine
from xuequ.systems.growth.choices import Trend
from xuequ.systems.growth.material import ClassLine, Material, SchoolLine
from xuequ.systems.growth.process_pictures import PlaceFact
from xuequ.systems.growth.shapes import cited

CLASS_SHARE = 0.05
SCHOOL_SHARE = 0.05
FACTOR_SHARE = 0.01
GROUP_GAP = 0.2


@dataclass(frozen=True, slots=True)
class Case:
    """What rules look at: the evaluation with what the report adds, of all schools or of one."""

    material: Material
    analysis: Analysis
    trends: tuple[TrendLine, ...] = ()
    verdicts: tuple[str, ...] = ()
    own: SchoolLine | None = None
    classes: tuple[ClassLine, ...] = ()
    groups: tuple[GroupLine, ...] = field(default=())
    places: tuple[PlaceFact, ...] = ()

    def part(self, of: str, part: str) -> tuple[float, float] | None:
        """Return a share of the differences with its lower end, or None when it is not known."""
        found = next((p for p in getattr(self.analysis, of) if p.part == part), None)
        return None if found is None else (found.share, found.low)


@dataclass(frozen=True, slots=True)
class Rule:
    """``when`` says in words what ``suggest`` tests; a rule may speak of several schools."""

    code: str
    when: Text
    suggest: Callable[[Case], Iterator[Step]]


def suggestions(rules: Sequence[Rule], case: Case) -> tuple[Step, ...]:
    """Return what all rules suggest, in the order of the rules."""
    return tuple(step for rule in rules for step in rule.suggest(case))


def _audited(case: Case) -> Iterator[Step]:
    if AuditVerdict.FAIL in case.verdicts:
        yield Step(
            Sentence(
                gettext_noop(
                    "Read the audits before anything else: at least one says that these numbers are not sound."
                )
            )
        )


def _fallen(case: Case) -> Iterator[Step]:
    for line in case.trends:
        if line.said == Trend.BELOW:
            yield Step(
                Sentence(
                    gettext_noop(
                        "Visit %(name)s and ask what has changed: it fell out of the range of its own past."
                    ),
                    cited("trends", line.key, "name"),
                ),
                Sentence(
                    gettext_noop(
                        "Expected were %(low)s to %(high)s SD after its earlier years, reached %(effect)s SD."
                    ),
                    cited("trends", line.key, "low", "high", "effect"),
                ),
                line.url,
            )


def _learn(case: Case) -> Iterator[Step]:
    for line in case.material.schools:
        if line.verdict == "above" and line.effect is not None and line.level is not None and line.level < 0:
            yield Step(
                Sentence(
                    gettext_noop("Let other schools see the work of %(name)s: much growth from a low start."),
                    cited("quadrants", line.key, "name"),
                ),
                Sentence(
                    gettext_noop("Its growth is %(effect)s SD at a level of %(level)s SD."),
                    cited("quadrants", line.key, "effect", "level"),
                ),
                line.url,
            )


def _classes(case: Case) -> Iterator[Step]:
    found = case.part("growth", "class")
    if found is not None and found[0] >= CLASS_SHARE and found[1] > 0:
        yield Step(
            Sentence(
                gettext_noop(
                    "Look with all schools at how classes are put together and how the teachers of a grade prepare"
                    " together."
                )
            ),
            Sentence(
                gettext_noop(
                    "%(share)s of the differences in growth lie between classes of the same school."
                ),
                cited("parts", "growth-class", "share"),
            ),
        )


def _inside(case: Case) -> Iterator[Step]:
    found = case.part("growth", "school")
    if found is not None and found[0] < SCHOOL_SHARE:
        yield Step(
            Sentence(
                gettext_noop(
                    "Put help into schools' work with single pupils rather than into comparing schools."
                )
            ),
            Sentence(
                gettext_noop("Only %(share)s of the differences in growth lie between schools."),
                cited("parts", "growth-school", "share"),
            ),
        )


def _factor(case: Case) -> Iterator[Step]:
    for row in case.analysis.factors.rows[:1]:
        # A share cannot be below zero, so its interval never holds zero: it is set beside what chance would give.
        if row.share >= FACTOR_SHARE and (row.low or 0) > row.chance:
            yield Step(
                Sentence(
                    gettext_noop(
                        "Ask schools how pupils fare by “%(name)s”, and why, before anything is decided."
                    ),
                    cited("factors", row.factor, "name"),
                ),
                Sentence(
                    gettext_noop(
                        "%(share)s of the differences in growth go along with it; it is an association, not a cause."
                    ),
                    cited("factors", row.factor, "share"),
                ),
            )


def _process(case: Case) -> Iterator[Step]:
    rows = case.analysis.process.rows
    normal = NormalDist()
    # Of many facts one goes along by chance: each is held to a share of the one chance in twenty (Bonferroni).
    wider = normal.inv_cdf(1 - 0.025 / max(len(rows), 1)) / normal.inv_cdf(0.975)
    for row in rows[:1]:
        if abs(row.slope) > wider * (row.high - row.low) / 2:
            yield Step(
                Sentence(
                    gettext_noop(
                        "Ask the schools where “%(name)s” differs most how they work: growth goes along with it."
                    ),
                    cited("process", row.fact, "name"),
                ),
                Sentence(
                    gettext_noop(
                        "One standard deviation more of it goes along with %(slope)s SD of growth (%(low)s to"
                        " %(high)s); an association, not a cause."
                    ),
                    cited("process", row.fact, "slope", "low", "high"),
                ),
            )


def _plain_gains(case: Case) -> Iterator[Step]:
    for row in case.analysis.methods:
        if row.method in {"z-gain", "rank-gain"} and "favours-low-intake" in row.biases:
            yield Step(
                Sentence(
                    gettext_noop("Do not judge schools by “%(name)s”."),
                    cited("methods", row.method, "name"),
                ),
                Sentence(
                    gettext_noop(
                        "In these data it moves by %(intake)s SD for one standard deviation of intake."
                    ),
                    cited("methods", row.method, "intake"),
                ),
            )
            return


DISTRICT_RULES: tuple[Rule, ...] = (
    Rule("audited", _("an audit of the evaluation fails"), _audited),
    Rule("fallen", _("a school's growth lies below the range that its own past foretells"), _fallen),
    Rule("learn", _("a school lies above the average in growth and below it in level"), _learn),
    Rule("classes", _("at least five hundredths of the differences in growth lie between classes"), _classes),
    Rule("inside", _("less than five hundredths of the differences in growth lie between schools"), _inside),
    Rule(
        "factor",
        _("the weightiest factor goes along with at least one hundredth of the differences"),
        _factor,
    ),
    Rule(
        "process",
        _("growth goes along with a chosen process fact beyond chance among all facts chosen"),
        _process,
    ),
    Rule("plain-gains", _("a plain gain favours schools with a weak intake in these data"), _plain_gains),
)


def _own_trend(case: Case) -> Iterator[Step]:
    line = case.trends[0] if case.trends else None
    if line is not None and line.said in {Trend.BELOW, Trend.ABOVE}:
        fell = line.said == Trend.BELOW
        last = line.points[-1].period
        yield Step(
            Sentence(
                gettext_noop(
                    "Find out with your teachers what has changed: growth fell out of the range of your own past."
                )
                if fell
                else gettext_noop(
                    "Write down what was done differently: growth rose above the range of your own past."
                )
            ),
            Sentence(
                gettext_noop("Expected was %(expected)s SD after the earlier years, reached %(effect)s SD."),
                cited("own-trend", last, "expected", "effect"),
            ),
        )


def _own_classes(case: Case) -> Iterator[Step]:
    for line in case.classes:
        if line.within_high is not None and line.within_high < 0:
            yield Step(
                Sentence(
                    gettext_noop(
                        "Sit down with the teachers of class %(name)s: its pupils came less far than the others."
                    ),
                    cited("classes", line.key, "name"),
                ),
                Sentence(
                    gettext_noop(
                        "Against the school's own average: %(within)s SD, from %(low)s to %(high)s SD."
                    ),
                    cited("classes", line.key, "within", "low", "high"),
                ),
                line.url,
            )


def _own_groups(case: Case) -> Iterator[Step]:
    # Of many groups some lie low by chance: each is held to a share of the one chance in twenty (Bonferroni).
    certain = NormalDist().inv_cdf(1 - 0.025 / max(len(case.groups), 1))
    for line in case.groups:
        if line.gap + certain * line.se < 0 and abs(line.gap) >= GROUP_GAP:
            row = f"{line.factor}-{line.group}"
            yield Step(
                Sentence(
                    gettext_noop(
                        "Look at the pupils of the group “%(name)s” one by one: they came less far than the others."
                    ),
                    cited("groups", row, "name"),
                ),
                Sentence(
                    gettext_noop(
                        "%(n)s pupils, %(gap)s SD against the school's other pupils; an association, not a cause."
                    ),
                    cited("groups", row, "n", "gap"),
                ),
            )


SCHOOL_RULES: tuple[Rule, ...] = (
    Rule("own-trend", _("the school's growth leaves the range that its own past foretells"), _own_trend),
    Rule("own-classes", _("the whole range of a class lies below the school's average"), _own_classes),
    Rule(
        "own-groups",
        _("a group lies below the others by at least 0.2 SD, beyond chance among all groups looked at"),
        _own_groups,
    ),
)
