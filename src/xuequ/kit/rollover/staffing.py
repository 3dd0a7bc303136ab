"""Who has charge of the new year's classes and teaches them: proposals, and what the school decided instead."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from xuequ.kit.rollover.facts import ClassKey, SchoolFacts
from xuequ.kit.rollover.grades import span_with
from xuequ.kit.rollover.planning import SchoolPlan
from xuequ.kit.rollover.problems import Note


@dataclass(frozen=True, slots=True)
class Post:
    """Charge of a class (no subject), or a subject in a class."""

    to: ClassKey
    subject: int | None = None


@dataclass(frozen=True, slots=True)
class StaffFacts:
    """Who does what, by primary keys: charges by class, lessons by class and subject.

    ``charges`` and ``lessons`` hold on the first day of the new year as things stand, the ``old`` ones on the eve.
    ``working`` are the school's teachers; ``choices`` is what the school decided, where None means nobody.
    """

    charges: Mapping[int, int] = field(default_factory=dict)
    lessons: Mapping[tuple[int, int], int] = field(default_factory=dict)
    old_charges: Mapping[int, int] = field(default_factory=dict)
    old_lessons: Mapping[tuple[int, int], int] = field(default_factory=dict)
    working: frozenset[int] = frozenset()
    choices: Mapping[Post, int | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StaffPlan:
    """Each post of the new year with its teacher; ``proposed`` are the posts that nobody decided yet."""

    posts: Mapping[Post, int | None]
    proposed: frozenset[Post]
    notes: tuple[Note, ...]

    def teacher_of(self, post: Post) -> int | None:
        """Return the teacher of a post."""
        return self.posts.get(post)


def plan_staff(facts: SchoolFacts, plan: SchoolPlan, staff: StaffFacts) -> StaffPlan:
    """Return all posts of the new year's classes: continuing classes keep theirs, new ones get proposals."""
    classes = classes_of_new_year(facts, plan)
    posts = _standing(facts, classes, staff)
    for post, teacher in _proposals(facts, plan, staff).items():
        if posts.get(post) is None:
            posts[post] = teacher
    proposed = frozenset(post for post in posts if post not in staff.choices)
    for post, teacher in staff.choices.items():
        if post.to in classes:
            posts[post] = teacher if teacher in staff.working else None
    return StaffPlan(posts, proposed, _notes(posts))


def classes_of_new_year(facts: SchoolFacts, plan: SchoolPlan) -> list[ClassKey]:
    """Return the classes of the new year, youngest grade first."""
    entering = {key for key in facts.classes.values() if key.entry_year >= facts.first_year}
    keys = {facts.classes[pk] for pk in plan.continuing} | entering | set(plan.new_classes)
    return sorted(keys, key=lambda key: (key.grade_in(facts.first_year), key))


def _standing(facts: SchoolFacts, classes: Iterable[ClassKey], staff: StaffFacts) -> dict[Post, int | None]:
    """Return the posts as things stand; a class without anybody in charge has that post empty."""
    pks = {key: pk for pk, key in facts.classes.items()}
    alive = {pks[key]: key for key in classes if key in pks}
    posts: dict[Post, int | None] = {Post(key): None for key in classes}
    posts |= {Post(alive[pk]): teacher for pk, teacher in staff.charges.items() if pk in alive}
    return posts | {
        Post(alive[pk], subject): teacher for (pk, subject), teacher in staff.lessons.items() if pk in alive
    }


def _proposals(facts: SchoolFacts, plan: SchoolPlan, staff: StaffFacts) -> dict[Post, int | None]:
    """Propose for each entering class the teachers of the class with the same number that leaves the same stage."""
    busy = {staff.charges[pk] for pk in plan.continuing if pk in staff.charges}
    posts: dict[Post, int | None] = {}
    leaving = _leaving(facts, plan)
    for key in classes_of_new_year(facts, plan):
        if key.entry_year < facts.first_year:
            continue
        grade = key.grade_in(facts.first_year)
        old = leaving.get((grade, key.number), 0)
        charge = staff.old_charges.get(old)
        posts[Post(key)] = charge if charge in staff.working and charge not in busy else None
        for subject in _subjects_of_grade(facts, staff, grade):
            teacher = staff.old_lessons.get((old, subject))
            posts[Post(key, subject)] = teacher if teacher in staff.working else None
    return posts


def _leaving(facts: SchoolFacts, plan: SchoolPlan) -> dict[tuple[int, int], int]:
    """Return the ending classes by the first grade of their stage and their number."""
    found = {}
    for pk in plan.ending:
        span = span_with(facts.spans, facts.old_grade(pk))
        if span is not None:
            found[span.first, facts.classes[pk].number] = pk
    return found


def _subjects_of_grade(facts: SchoolFacts, staff: StaffFacts, grade: int) -> list[int]:
    """Return the subjects that were taught in the grade last year."""
    return sorted({subject for pk, subject in staff.old_lessons if facts.old_grade(pk) == grade})


def _notes(posts: Mapping[Post, int | None]) -> tuple[Note, ...]:
    empty = [post for post, teacher in posts.items() if teacher is None]
    charges = sum(post.subject is None for post in empty)
    found = {"class-teacher-missing": charges, "lessons-missing": len(empty) - charges}
    return tuple(Note(code, {"count": count}) for code, count in found.items() if count)
