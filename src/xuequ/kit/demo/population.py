"""The demo's pupils through the years: who enters, moves, leaves, repeats, what they learn. Arrays only."""

import datetime as dt
from dataclasses import dataclass, field

import numpy as np

from xuequ.district.choices import EnrolmentEnd, Stage
from xuequ.engines.growth.simulation import DYNAMICS, Bools, Floats, Ints, learn
from xuequ.kit.demo.plan import Part, SchoolPlan
from xuequ.kit.demo.timeline import Timeline, graduates_leave, spring_start, year_start

SELECTION = 3.0
"""How strongly pupils sort themselves into junior schools by ability and the school's standing."""
NEIGHBOURHOOD = 1.2
LEAVING, ARRIVING, MOVING, REPEATING = 0.010, 0.010, 0.006, 0.002
MIGRANT_GROWTH = -0.02


@dataclass(frozen=True, slots=True)
class ClassPlan:
    """A class of one entry cohort."""

    school: int
    entry_year: int
    entry_grade: int
    number: int


@dataclass(frozen=True, slots=True)
class Stay:
    """A pupil in a class from ``start`` until ``end`` (None: still there)."""

    pupil: int
    school_class: int
    start: dt.date
    end: dt.date | None = None
    ended: str = ""


@dataclass(frozen=True, slots=True)
class YearOfGrade:
    """One grade in the spring of a school year: pupils, their classes, ability before and after the year."""

    year: int
    grade: int
    pupils: Ints
    classes: Ints
    schools: Ints
    before: Floats
    after: Floats
    added: Floats


@dataclass
class Pupils:
    """Facts that stay with a pupil, as arrays of equal length."""

    entry_year: Ints  # the September in which the pupil entered grade 1 (or would have)
    female: Bools
    migrant: Bools
    boarding: Bools
    age_months: Ints  # age in months on the first of September of the entry year
    own: Floats  # (n, subjects): standing in each subject beyond the common ability
    band: Ints  # 0 high, 1 middle, 2 low, from the leaving level of primary school

    def __len__(self) -> int:
        return len(self.entry_year)


@dataclass
class Population:
    """All that happened to the demo's pupils."""

    classes: list[ClassPlan]
    pupils: Pupils
    stays: list[Stay]
    years: list[YearOfGrade]

    def true_effects(self, grade: int, year: int, years: int, schools: int) -> Floats:
        """Return what schools added in ``years`` years to the pupils in ``grade`` in ``year``.

        In units of ability; schools without such pupils get NaN. This is the planted truth; nothing stores it.
        """
        found = {(y.grade, y.year): y for y in self.years}
        last = found[grade, year]
        total = dict.fromkeys(last.pupils.tolist(), 0.0)
        for back in range(years - 1, -1, -1):
            part = found[grade - back, year - back]
            for pupil, value in zip(part.pupils.tolist(), part.added.tolist(), strict=True):
                if pupil in total:
                    total[pupil] = DYNAMICS.persistence * total[pupil] + value
        values = np.array([total[p] for p in last.pupils.tolist()])
        count = np.bincount(last.schools, minlength=schools)
        with np.errstate(invalid="ignore"):
            return np.asarray(np.bincount(last.schools, values, minlength=schools) / count)


@dataclass
class _Cohort:
    """The pupils who are in the same grade now."""

    pupils: Ints
    ability: Floats


@dataclass
class _World:
    """Everything that changes while the years go by."""

    rng: np.random.Generator
    schools: list[SchoolPlan]
    timeline: Timeline
    classes: list[ClassPlan] = field(default_factory=list)
    stays: list[Stay] = field(default_factory=list)
    years: list[YearOfGrade] = field(default_factory=list)
    facts: list[Pupils] = field(default_factory=list)
    size: int = 0
    # Where each pupil is now: class (-1: nowhere) and since when.
    now: list[int] = field(default_factory=list)
    since: list[dt.date] = field(default_factory=list)

    def school_of(self, pupils: Ints) -> Ints:
        return np.array([self.classes[self.now[p]].school for p in pupils.tolist()], np.int64)

    def class_of(self, pupils: Ints) -> Ints:
        return np.array([self.now[p] for p in pupils.tolist()], np.int64)


def simulate_population(
    rng: np.random.Generator, schools: list[SchoolPlan], timeline: Timeline
) -> Population:
    """Let the years go by: cohorts enter, learn, move and leave as the dates up to ``timeline.day`` allow."""
    world = _World(rng, schools, timeline)
    cohorts: dict[int, _Cohort] = {}
    for year in timeline.years:
        cohorts = _begin(world, cohorts, year)
        for grade, cohort in cohorts.items():
            _spring_moves(world, cohort, grade, year)
            _teach(world, cohort, grade, year)
        _graduate(world, cohorts, year)
    _still_there(world)
    return Population(world.classes, _joined(world.facts), world.stays, world.years)


def _begin(world: _World, cohorts: dict[int, _Cohort], year: int) -> dict[int, _Cohort]:
    """First of September: all are a grade higher; grade 1 enters; grade 7 is placed in junior schools."""
    if not cohorts:
        return {grade: _found(world, grade, year) for grade in range(1, 9)}
    risen = {grade + 1: cohort for grade, cohort in cohorts.items() if grade < 9}
    day = year_start(year)
    for grade, cohort in risen.items():
        if grade == 7:
            _place(world, cohort, year)
        else:
            _leave(world, cohort, LEAVING, day, EnrolmentEnd.LEFT)
        if grade == 8:
            _reshuffle(world, cohort, day)
    _repeat(world, risen, day)
    for grade in (g for g in risen if g not in (1, 7)):
        _arrive(world, risen[grade], grade, year, day)
    return {1: _found(world, 1, year), **risen}


def _found(world: _World, grade: int, year: int) -> _Cohort:
    """Make a cohort with its classes; the older ones have been in their school since they entered."""
    entry_grade = 7 if grade >= 7 else 1
    entry_year = year - (grade - entry_grade)
    plans = [(index, school) for index, school in enumerate(world.schools) if school.pupils(entry_grade)]
    counts = [school.pupils(entry_grade) for _index, school in plans]
    owner = np.repeat([index for index, _school in plans], counts)
    intake = np.array([school.intake for school in world.schools])[owner]
    ability = intake + world.rng.normal(0, np.sqrt(0.82), len(owner))
    pupils, ability = _born(world, ability, year - grade + 1)
    _enter(world, pupils, owner, entry_year, entry_grade, year_start(entry_year))
    return _Cohort(pupils, ability)


def _born(world: _World, ability: Floats, entry_year: int) -> tuple[Ints, Floats]:
    """Add pupils with their facts; returns their indices, and ability with what goes along with the facts."""
    rng, n = world.rng, len(ability)
    female = rng.random(n) < 0.47
    # Migrant families live more often where intake is low; the association is small beside the spread.
    migrant = rng.random(n) < 1 / (1 + np.exp(1.2 + 0.5 * ability))
    age = rng.integers(72, 84, n)
    ability = ability - 0.08 * migrant + 0.012 * (age - 77.5)
    own = rng.normal(size=(n, 3)) + np.where(female, 0.2, -0.2)[:, None] * np.array([1.0, -0.3, 1.0])
    signal = ability + rng.normal(0, 0.6, n)
    band = np.digitize(-signal, np.array([-0.4, 0.5]))
    facts = Pupils(
        np.full(n, entry_year), female, migrant, rng.random(n) < 0.5, age, own, band.astype(np.int64)
    )
    world.facts.append(facts)
    start = world.size
    world.size += n
    world.now += [-1] * n
    world.since += [dt.date.min] * n
    return np.arange(start, world.size), ability


def _enter(world: _World, pupils: Ints, owner: Ints, entry_year: int, entry_grade: int, day: dt.date) -> None:
    """Form classes in each school and enrol the pupils: alternately, so that classes start alike."""
    for index in np.unique(owner).tolist():
        mine = world.rng.permutation(pupils[owner == index])
        how_many = max(1, round(len(mine) / world.schools[index].class_size))
        first = len(world.classes)
        world.classes += [ClassPlan(index, entry_year, entry_grade, k + 1) for k in range(how_many)]
        for position, pupil in enumerate(mine.tolist()):
            world.now[pupil], world.since[pupil] = first + position % how_many, day


def _end(world: _World, pupil: int, day: dt.date, reason: EnrolmentEnd) -> None:
    """Close a pupil's stay; one that began on this very day never was."""
    if world.since[pupil] < day:
        world.stays.append(Stay(pupil, world.now[pupil], world.since[pupil], day, str(reason)))
    world.now[pupil] = -1


def _move(world: _World, pupil: int, target: int, day: dt.date, reason: EnrolmentEnd) -> None:
    _end(world, pupil, day, reason)
    world.now[pupil], world.since[pupil] = target, day


def _chosen(world: _World, n: int, share: float) -> Ints:
    return np.flatnonzero(world.rng.random(n) < share)


def _leave(world: _World, cohort: _Cohort, share: float, day: dt.date, reason: EnrolmentEnd) -> None:
    gone = _chosen(world, len(cohort.pupils), share)
    for pupil in cohort.pupils[gone].tolist():
        _end(world, pupil, day, reason)
    cohort.pupils, cohort.ability = np.delete(cohort.pupils, gone), np.delete(cohort.ability, gone)


def _place(world: _World, cohort: _Cohort, year: int) -> None:
    """Grade 6 goes to junior school, a few of them outside the district."""
    day = year_start(year)
    origin = world.school_of(cohort.pupils)
    for pupil in cohort.pupils.tolist():
        _end(world, pupil, day, EnrolmentEnd.MOVED_UP)
    stays = np.flatnonzero(world.rng.random(len(origin)) >= 3 * LEAVING)
    cohort.pupils, cohort.ability = cohort.pupils[stays], cohort.ability[stays]
    _enter(world, cohort.pupils, _junior_school(world, cohort.ability, origin[stays]), year, 7, day)


def _junior_school(world: _World, ability: Floats, origin: Ints) -> Ints:
    """Return each pupil's junior school: places, in proportion to planned sizes, go in random order."""
    rng, schools = world.rng, world.schools
    juniors = [index for index, school in enumerate(schools) if school.junior_pupils]
    places = np.array([schools[index].junior_pupils for index in juniors], float)
    left = np.ceil(places * len(ability) / places.sum()).astype(int)
    standing = np.array([schools[index].intake for index in juniors])
    near = np.array([[schools[o].area == schools[j].area for j in juniors] for o in range(len(schools))])
    same = np.array([[o == j for j in juniors] for o in range(len(schools))])
    wish = SELECTION * np.outer(ability, standing) + NEIGHBOURHOOD * near[origin] + 6 * same[origin]
    wish += rng.gumbel(size=wish.shape)
    taken = np.empty(len(ability), np.int64)
    for pupil in rng.permutation(len(ability)).tolist():
        choice = int(np.argmax(np.where(left > 0, wish[pupil], -np.inf)))
        left[choice] -= 1
        taken[pupil] = juniors[choice]
    return taken


def _reshuffle(world: _World, cohort: _Cohort, day: dt.date) -> None:
    """Some schools put their classes together anew in grade 8."""
    for index, school in enumerate(world.schools):
        if school.part != Part.RESHUFFLING:
            continue
        mine = cohort.pupils[world.school_of(cohort.pupils) == index]
        anew = world.rng.permutation(world.class_of(mine))
        for pupil, target in zip(mine.tolist(), anew.tolist(), strict=True):
            if target != world.now[pupil]:
                _move(world, pupil, target, day, EnrolmentEnd.CLASS_CHANGE)


def _repeat(world: _World, cohorts: dict[int, _Cohort], day: dt.date) -> None:
    """A few pupils stay in the grade where they were and join the cohort that follows in the same school."""
    for grade in sorted(cohorts, reverse=True):
        if grade in (1, 2, 7) or grade - 1 not in cohorts:
            continue
        cohort, younger = cohorts[grade], cohorts[grade - 1]
        staying = _chosen(world, len(cohort.pupils), REPEATING)
        for position in staying.tolist():
            pupil = int(cohort.pupils[position])
            school = world.classes[world.now[pupil]].school
            hosts = younger.pupils[world.school_of(younger.pupils) == school]
            _move(world, pupil, world.now[int(world.rng.choice(hosts))], day, EnrolmentEnd.REPEATING)
        younger.pupils = np.append(younger.pupils, cohort.pupils[staying])
        younger.ability = np.append(younger.ability, cohort.ability[staying])
        cohort.pupils = np.delete(cohort.pupils, staying)
        cohort.ability = np.delete(cohort.ability, staying)


def _arrive(world: _World, cohort: _Cohort, grade: int, year: int, day: dt.date) -> None:
    """Pupils come from elsewhere and join existing classes; nothing earlier is known of them."""
    n = int(world.rng.binomial(len(cohort.pupils), ARRIVING))
    hosts = world.class_of(world.rng.choice(cohort.pupils, n))
    pupils, ability = _born(world, world.rng.normal(0, 1, n), year - grade + 1)
    for pupil, target in zip(pupils.tolist(), hosts.tolist(), strict=True):
        world.now[pupil], world.since[pupil] = target, day
    cohort.pupils, cohort.ability = np.append(cohort.pupils, pupils), np.append(cohort.ability, ability)


def _spring_moves(world: _World, cohort: _Cohort, grade: int, year: int) -> None:
    """In the winter holiday some change schools within the district."""
    day = spring_start(year)
    if grade == 9 or day > world.timeline.day:
        return
    for pupil in cohort.pupils[_chosen(world, len(cohort.pupils), MOVING)].tolist():
        school = world.classes[world.now[pupil]].school
        others = cohort.pupils[world.school_of(cohort.pupils) != school]
        _move(world, pupil, world.now[int(world.rng.choice(others))], day, EnrolmentEnd.TRANSFER)


def _teach(world: _World, cohort: _Cohort, grade: int, year: int) -> None:
    """One year of learning under this year's school and class effects."""
    schools, classes = world.school_of(cohort.pupils), world.class_of(cohort.pupils)
    effect = np.array([s.effect for s in world.schools]) + world.rng.normal(
        0, DYNAMICS.cohort_sd, len(world.schools)
    )
    of_class = world.rng.normal(0, DYNAMICS.class_sd, len(world.classes))
    added = effect[schools] + of_class[classes]
    migrant = np.concatenate([f.migrant for f in world.facts])[cohort.pupils]
    after = learn(world.rng, cohort.ability, added + MIGRANT_GROWTH * migrant)
    world.years.append(
        YearOfGrade(year, grade, cohort.pupils.copy(), classes, schools, cohort.ability, after, added)
    )
    cohort.ability = after


def _graduate(world: _World, cohorts: dict[int, _Cohort], year: int) -> None:
    day = graduates_leave(year)
    if 9 in cohorts and day <= world.timeline.day:
        for pupil in cohorts.pop(9).pupils.tolist():
            _end(world, pupil, day, EnrolmentEnd.GRADUATED)


def _still_there(world: _World) -> None:
    world.stays += [
        Stay(pupil, school_class, world.since[pupil])
        for pupil, school_class in enumerate(world.now)
        if school_class >= 0
    ]
    world.stays.sort(key=lambda stay: (stay.pupil, stay.start))


def _joined(parts: list[Pupils]) -> Pupils:
    return Pupils(
        *(np.concatenate([getattr(p, name) for p in parts]) for name in Pupils.__dataclass_fields__)
    )


def boards(population: Population, schools: list[SchoolPlan]) -> Bools:
    """Return which pupils board: half of those who were ever in a boarding (private) junior school."""
    private = {i for i, s in enumerate(schools) if s.stage == Stage.JUNIOR and s.sector == "private"}
    ever = {s.pupil for s in population.stays if population.classes[s.school_class].school in private}
    return population.pupils.boarding & np.isin(np.arange(len(population.pupils)), list(ever))
