"""Which grades a school teaches, stage by stage."""

from dataclasses import dataclass

from xuequ.district.choices import Stage, YearSystem


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """The grades of one stage, both ends included."""

    first: int
    last: int

    def __contains__(self, grade: int) -> bool:
        return self.first <= grade <= self.last


def spans_of(stage: str, year_system: str) -> tuple[Span, ...]:
    """Return the stages that a school teaches, youngest first.

    >>> spans_of("nine_year", "5-4")
    (Span(first=1, last=5), Span(first=6, last=9))
    """
    last_primary = 5 if year_system == YearSystem.FIVE_FOUR else 6
    primary, junior, senior = Span(1, last_primary), Span(last_primary + 1, 9), Span(10, 12)
    return {
        Stage.PRIMARY: (primary,),
        Stage.JUNIOR: (junior,),
        Stage.NINE_YEAR: (primary, junior),
        Stage.SENIOR: (senior,),
        Stage.COMPLETE: (junior, senior),
    }[Stage(stage)]


def span_with(spans: tuple[Span, ...], grade: int) -> Span | None:
    """Return the stage that ``grade`` belongs to, if the school teaches it."""
    return next((span for span in spans if grade in span), None)


def span_after(spans: tuple[Span, ...], span: Span) -> Span | None:
    """Return the school's own stage that follows on ``span``."""
    return next((other for other in spans if other.first == span.last + 1), None)
