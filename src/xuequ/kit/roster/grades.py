"""Which grades a school teaches, and in which of them its classes are formed."""

from xuequ.district.choices import Stage, YearSystem

LAST_GRADE, LAST_JUNIOR = 12, 9


def entry_grades(stage: str, year_system: str) -> tuple[int, ...]:
    """Return the grades in which classes are formed.

    >>> entry_grades("nine_year", "6-3"), entry_grades("junior", "5-4")
    ((1, 7), (6,))
    """
    junior = 6 if year_system == YearSystem.FIVE_FOUR else 7
    return {
        Stage.PRIMARY: (1,),
        Stage.JUNIOR: (junior,),
        Stage.NINE_YEAR: (1, junior),
        Stage.SENIOR: (10,),
        Stage.COMPLETE: (junior, 10),
    }[Stage(stage)]


def last_grade(stage: str, year_system: str) -> int:
    """Return the highest grade of a school."""
    if stage == Stage.PRIMARY:
        return 5 if year_system == YearSystem.FIVE_FOUR else 6
    return LAST_JUNIOR if stage in {Stage.JUNIOR, Stage.NINE_YEAR} else LAST_GRADE


def entry_grade_of(stage: str, year_system: str, grade: int) -> int | None:
    """Return the grade in which a class that is in ``grade`` now was formed; None when the school has no such grade."""
    if grade > last_grade(stage, year_system):
        return None
    return max((entry for entry in entry_grades(stage, year_system) if entry <= grade), default=None)


def in_time(stage: str, year_system: str, entry_year: int, first_year: int) -> list[int]:
    """Return the entry grades that a class formed in ``entry_year`` may have had and still be at the school.

    >>> in_time("nine_year", "6-3", 2024, 2025), in_time("nine_year", "6-3", 2021, 2025)
    ([1, 7], [1])
    """
    gone = first_year - entry_year
    return [
        entry
        for entry in entry_grades(stage, year_system)
        if gone >= 0 and entry_grade_of(stage, year_system, entry + gone) == entry
    ]
