"""What a school's move into the next year would do. Facts in, plan out: nothing is read or written here."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from xuequ.district.choices import EnrolmentEnd
from xuequ.kit.rollover.choices import Boundary, Listing, Outcome
from xuequ.kit.rollover.facts import Choices, ClassKey, SchoolFacts, Stay
from xuequ.kit.rollover.grades import Span, span_after, span_with
from xuequ.kit.rollover.problems import Note

MOST_CLASSES = 60
# How a stay that has ended by the first day reads; an end without a reason counts as having left.
ENDED = {
    EnrolmentEnd.MOVED_UP: Outcome.IN_HOUSE,
    EnrolmentEnd.CLASS_CHANGE: Outcome.PLACED,
    EnrolmentEnd.GRADUATED: Outcome.GRADUATED,
    EnrolmentEnd.REPEATING: Outcome.REPEATING,
}
REASON = {
    Outcome.IN_HOUSE: EnrolmentEnd.MOVED_UP,
    Outcome.PLACED: EnrolmentEnd.CLASS_CHANGE,
    Outcome.GRADUATED: EnrolmentEnd.GRADUATED,
    Outcome.REPEATING: EnrolmentEnd.REPEATING,
}


@dataclass(frozen=True, slots=True)
class Move:
    """What becomes of one stay. ``ended`` is the reason written, empty when the stay goes on as it is."""

    stay: int
    pupil: int
    outcome: Outcome
    from_class: int | None
    to: ClassKey | None = None
    ended: str = ""


@dataclass(frozen=True, slots=True)
class Fill:
    """An enrolment of the new year that gets its class."""

    enrolment: int
    pupil: int
    to: ClassKey


@dataclass(frozen=True, slots=True)
class SchoolPlan:
    """All that a school's move does: one move for each stay, classes to open and to end, and what stands against it."""

    moves: tuple[Move, ...]
    fills: tuple[Fill, ...]
    new_classes: tuple[ClassKey, ...]
    ending: tuple[int, ...]
    continuing: tuple[int, ...]
    counts: Mapping[str, int]
    notes: tuple[Note, ...]

    @property
    def problems(self) -> tuple[Note, ...]:
        """What stops the move."""
        return tuple(note for note in self.notes if note.stops)

    @property
    def remarks(self) -> tuple[Note, ...]:
        """What stays open."""
        return tuple(note for note in self.notes if not note.stops)

    @property
    def changes(self) -> int:
        """How many rows of pupils and classes would be written."""
        return sum(bool(move.ended) for move in self.moves) + len(self.fills) + len(self.new_classes)


def plan_school(facts: SchoolFacts, choices: Choices) -> SchoolPlan:
    """Return what the move does to each pupil and class of the school."""
    draft = _Draft(facts, choices)
    wanted = draft.wanted_classes()
    moves = tuple(draft.move(stay) for stay in facts.stays)
    moves = tuple(draft.seat_repeaters(moves, wanted))
    fills = tuple(draft.fills())
    existing = set(facts.classes.values())
    used = {move.to for move in moves if move.to} | {fill.to for fill in fills}
    new = tuple(sorted((wanted | used) - existing))
    draft.note_open_points(new, moves, fills)
    return SchoolPlan(
        moves,
        fills,
        new,
        draft.ending,
        draft.continuing,
        _counts(facts, moves, fills, draft, new),
        draft.notes(),
    )


def pool_of(facts: SchoolFacts, choices: Choices, grade: int) -> tuple[int, ...]:
    """Return the pupils who are to be placed in the classes of ``grade`` (in the new year)."""
    draft = _Draft(facts, choices)
    moving = [s.pupil for s in facts.stays if draft.placed_grade(s) == grade]
    return tuple(moving + [a.pupil for a in facts.arrivals if draft.arrival_grade(a.known) == grade])


def class_numbers(facts: SchoolFacts, choices: Choices, grade: int) -> tuple[int, ...]:
    """Return the numbers of the classes into which the pupils of ``grade`` are placed."""
    draft = _Draft(facts, choices)
    existing = sorted(draft.numbers_alive(grade))
    count = choices.classes.get(grade, draft.usual_count(grade) or len(existing))
    further = (number for number in range(1, MOST_CLASSES + 1) if number not in existing)
    return tuple(sorted([*existing[:count], *(next(further) for _i in range(count - len(existing)))]))


def placing_grades(facts: SchoolFacts, choices: Choices) -> tuple[int, ...]:
    """Return the grades (of the new year) with pupils who are to be placed."""
    draft = _Draft(facts, choices)
    grades = {draft.placed_grade(stay) for stay in facts.stays}
    grades |= {draft.arrival_grade(arrival.known) for arrival in facts.arrivals}
    return tuple(sorted(grade for grade in grades if grade is not None))


def classes_last_year(facts: SchoolFacts, grade: int) -> int:
    """Return how many classes of ``grade`` had pupils in the year that ends."""
    with_pupils = {stay.school_class for stay in facts.stays if stay.school_class is not None}
    return sum(facts.old_grade(pk) == grade for pk in with_pupils)


def usual_classes(facts: SchoolFacts, choices: Choices) -> dict[int, int]:
    """Return how many classes each first grade gets unless the school says otherwise."""
    draft = _Draft(facts, choices)
    return {span.first: draft.usual_count(span.first) for span in facts.spans}


@dataclass(slots=True)
class _Draft:
    """The plan in the making."""

    facts: SchoolFacts
    choices: Choices
    ending: tuple[int, ...] = ()
    continuing: tuple[int, ...] = ()
    found: dict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(int))
    plain: list[Note] = field(default_factory=list)

    def __post_init__(self) -> None:
        with_pupils = sorted({s.school_class for s in self.facts.stays if s.school_class is not None})
        self.ending = tuple(pk for pk in with_pupils if self._ends(pk))
        self.continuing = tuple(pk for pk in with_pupils if not self._ends(pk))

    @property
    def first_grades(self) -> dict[int, Span]:
        return {span.first: span for span in self.facts.spans}

    def _ends(self, pk: int) -> bool:
        grade = self.facts.old_grade(pk)
        return grade > self.facts.spans[-1].last or any(grade == span.last for span in self.facts.spans)

    def _is_new(self, pk: int) -> bool:
        return self.facts.classes[pk].entry_year >= self.facts.first_year

    def boundary(self, pk: int) -> tuple[Boundary, int]:
        """Return what follows for an ending class, and the first grade of the school's next stage (0: none)."""
        span = span_with(self.facts.spans, self.facts.old_grade(pk))
        after = span_after(self.facts.spans, span) if span is not None else None
        if after is None:
            return Boundary.LEAVE, 0
        usual = Boundary.LEAVE if after.first == 10 else Boundary.TOGETHER
        return self.choices.boundary.get(after.first, usual), after.first

    def placed_grade(self, stay: Stay) -> int | None:
        """Return the grade for whose classes the pupil is to be placed, None for everybody else."""
        pk = stay.school_class
        if pk is None or self._has_ended(stay) or stay.pupil in self.facts.listed or self._is_new(pk):
            return None
        if pk in self.ending:
            choice, grade = self.boundary(pk)
            return grade if choice == Boundary.PLACED else None
        grade = self.facts.old_grade(pk) + 1
        return grade if grade in self.choices.placed else None

    def arrival_grade(self, known: bool) -> int:
        """Return the first grade that a new pupil without a class enters: the later one after some years here."""
        firsts = sorted(self.first_grades)
        return firsts[-1] if known else firsts[0]

    def _has_ended(self, stay: Stay) -> bool:
        return stay.end is not None and stay.end <= self.facts.day

    def move(self, stay: Stay) -> Move:
        """Return what becomes of a stay; repeaters get their class later, when sizes are known."""
        if self._has_ended(stay):
            return Move(stay.pk, stay.pupil, ENDED.get(EnrolmentEnd(stay.ended), Outcome.LEFT)
                        if stay.ended else Outcome.LEFT, stay.school_class)  # fmt: skip
        if (listed := self.facts.listed.get(stay.pupil)) is not None:
            return self._listed(stay, listed.kind)
        if stay.school_class is None or stay.school_class not in self.ending:
            return self._continuing(stay)
        return self._ending(stay, stay.school_class)

    def _listed(self, stay: Stay, kind: Listing) -> Move:
        outcome = Outcome.REPEATING if kind == Listing.REPEAT else Outcome.LEFT
        reason = {
            Listing.REPEAT: EnrolmentEnd.REPEATING,
            Listing.TRANSFER: EnrolmentEnd.TRANSFER,
            Listing.LEAVE: EnrolmentEnd.LEFT,
        }[kind]
        return Move(stay.pk, stay.pupil, outcome, stay.school_class, ended=reason)

    def _continuing(self, stay: Stay) -> Move:
        pk = stay.school_class
        if pk is None:
            self.found["no-class", 0] += 1
            return Move(stay.pk, stay.pupil, Outcome.MOVED_UP, None)
        if self._is_new(pk):
            return Move(stay.pk, stay.pupil, Outcome.NEW, pk)
        if span_with(self.facts.spans, self.facts.old_grade(pk)) is None:
            self.found["class-out-of-range", self.facts.old_grade(pk)] = 1
        if (grade := self.placed_grade(stay)) is None:
            return Move(stay.pk, stay.pupil, Outcome.MOVED_UP, pk)
        to = self._seat(stay.pupil, grade, self.facts.classes[pk])
        if to is None or to == self.facts.classes[pk]:
            return Move(stay.pk, stay.pupil, Outcome.MOVED_UP, pk)
        return Move(stay.pk, stay.pupil, Outcome.PLACED, pk, to, EnrolmentEnd.CLASS_CHANGE)

    def _ending(self, stay: Stay, pk: int) -> Move:
        choice, grade = self.boundary(pk)
        if self.facts.old_grade(pk) > self.facts.spans[-1].last:
            self.found["left-over", 0] += 1
        if choice == Boundary.LEAVE:
            return Move(stay.pk, stay.pupil, Outcome.GRADUATED, pk, ended=EnrolmentEnd.GRADUATED)
        entering = ClassKey(self.facts.first_year, grade, self.facts.classes[pk].number)
        to = self._seat(stay.pupil, grade, entering) if choice == Boundary.PLACED else entering
        return Move(stay.pk, stay.pupil, Outcome.IN_HOUSE, pk, to, EnrolmentEnd.MOVED_UP)

    def _seat(self, pupil: int, grade: int, cohort: ClassKey) -> ClassKey | None:
        """Return the class in which the pupil was placed, of the same cohort as ``cohort``."""
        number = self.facts.placings.get(grade, {}).get(pupil)
        if number is None:
            self.found["placing-open", grade] += 1
            return None
        return ClassKey(cohort.entry_year, cohort.entry_grade, number)

    def usual_count(self, grade: int) -> int:
        """Return how many classes a first grade gets unless the school says otherwise: as many as last year."""
        if grade not in self.first_grades:
            return 0
        staying = [self.boundary(pk)[0] for pk in self.ending if self.boundary(pk)[1] == grade]
        together, placed = staying.count(Boundary.TOGETHER), staying.count(Boundary.PLACED)
        return together or classes_last_year(self.facts, grade) or placed

    def numbers_alive(self, grade: int) -> set[int]:
        """Return the numbers of the classes of a grade (in the new year) that have pupils or are new."""
        alive = [pk for pk in self.facts.classes if pk in self.continuing or self._is_new(pk)]
        keys = (self.facts.classes[pk] for pk in alive)
        return {key.number for key in keys if key.grade_in(self.facts.first_year) == grade}

    def wanted_classes(self) -> set[ClassKey]:
        """Return the classes of the new first grades."""
        year = self.facts.first_year
        return {
            ClassKey(year, grade, number)
            for grade in self.first_grades
            for number in range(1, self.choices.classes.get(grade, self.usual_count(grade)) + 1)
        }

    def seat_repeaters(self, moves: tuple[Move, ...], wanted: set[ClassKey]) -> Iterator[Move]:
        """Yield the moves with a class for each repeater: the one named, else the smallest of the grade."""
        sizes = Counter(self._class_of(move) for move in moves)
        for move in moves:
            if move.outcome != Outcome.REPEATING or not move.ended:
                yield move
                continue
            to = self._class_to_repeat_in(move, wanted, sizes)
            if to is None:
                self.found["repeat-without-class", 0] += 1
            sizes[to] += 1
            yield Move(move.stay, move.pupil, move.outcome, move.from_class, to, move.ended)

    def _class_of(self, move: Move) -> ClassKey | None:
        if move.to is not None or move.from_class is None or move.ended:
            return move.to
        return self.facts.classes[move.from_class]

    def _class_to_repeat_in(
        self, move: Move, wanted: set[ClassKey], sizes: Mapping[ClassKey | None, int]
    ) -> ClassKey | None:
        if move.from_class is None:
            return None
        grade = self.facts.old_grade(move.from_class)
        named = self.facts.listed[move.pupil].target
        alive = {self.facts.classes[pk] for pk in self.continuing} | wanted
        options = [key for key in alive if key.grade_in(self.facts.first_year) == grade]
        if named is not None and self.facts.classes.get(named) in options:
            return self.facts.classes[named]
        return min(options, key=lambda key: (sizes[key], key), default=None)

    def fills(self) -> Iterator[Fill]:
        """Yield the classes of new pupils who were placed."""
        for arrival in self.facts.arrivals:
            grade = self.arrival_grade(arrival.known)
            number = self.facts.placings.get(grade, {}).get(arrival.pupil)
            if number is None:
                self.found["unassigned", 0] += 1
            else:
                yield Fill(arrival.pk, arrival.pupil, ClassKey(self.facts.first_year, grade, number))

    def note_open_points(
        self, new: tuple[ClassKey, ...], moves: tuple[Move, ...], fills: tuple[Fill, ...]
    ) -> None:
        """Note what is wrong with the school as a whole, and which first grades have no names yet."""
        twice = sum(
            n > 1 for n in Counter(s.pupil for s in self.facts.stays if not self._has_ended(s)).values()
        )
        active = sum(not self._has_ended(stay) for stay in self.facts.stays)
        for code, count in (
            ("two-classes", twice),
            ("school-closed", active if self.facts.closed else 0),
            ("elsewhere", self.facts.elsewhere),
            ("graduated-before", self.facts.graduated_before),
        ):
            if count:
                self.found[code, 0] = count
        incoming = {m.to for m in moves} | {f.to for f in fills}
        incoming |= {self.facts.classes[pk] for pk in self.facts.filled if pk in self.facts.classes}
        named = {key.entry_grade for key in incoming if key and key.entry_year == self.facts.first_year}
        opened = {key.entry_grade for key in [*new, *self.facts.classes.values()]
                  if key.entry_year == self.facts.first_year}  # fmt: skip
        for grade in sorted((opened & set(self.first_grades)) - named):
            self.plain.append(Note("new-names", {"grade": grade}))

    def notes(self) -> tuple[Note, ...]:
        """Return what was noted, what stops the move first."""
        counted = [
            Note(code, {"grade": grade, "count": count} if grade else {"count": count})
            for (code, grade), count in self.found.items()
            if count
        ]
        return tuple(
            sorted(
                [*counted, *self.plain], key=lambda note: (not note.stops, note.code, *note.params.values())
            )
        )


def _counts(
    facts: SchoolFacts,
    moves: tuple[Move, ...],
    fills: tuple[Fill, ...],
    draft: _Draft,
    new: tuple[ClassKey, ...],
) -> dict[str, int]:
    outcomes = Counter(str(move.outcome) for move in moves)
    return {
        "pupils": len(moves) - outcomes[Outcome.NEW],
        **{str(outcome): outcomes[outcome] for outcome in Outcome if outcome != Outcome.NEW},
        "new": outcomes[Outcome.NEW] + len(facts.arrivals),
        "unassigned": len(facts.arrivals) - len(fills),
        "classes_continuing": len(draft.continuing),
        "classes_ending": len(draft.ending),
        "new_classes": len(new),
    }
