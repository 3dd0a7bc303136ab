"""Procedures as data: who decides in which order, how long it may take, what happens then. Systems register theirs."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from xuequ.core.errors import Refused
from xuequ.core.figures import Text
from xuequ.district.choices import Role

if TYPE_CHECKING:
    from xuequ.kit.approvals.models import Case


class Scope(StrEnum):
    """Which place a role must be held on to decide about a request."""

    DISTRICT = "district"
    SCHOOL = "school"
    GRADE = "grade"
    SUBJECT = "subject"
    CLASS = "class"


class IfNobody(StrEnum):
    """What happens when nobody holds a step's task."""

    WAIT = "wait"
    NEXT = "next"


class OnTimeout(StrEnum):
    """What happens when a step's time is over. Agreement by silence (默认同意) must be asked for in so many words."""

    WAIT = "wait"
    APPROVE = "approve"


@dataclass(frozen=True, slots=True)
class Holder:
    """A role, held on the request's place."""

    role: Role
    scope: Scope = Scope.SCHOOL


@dataclass(frozen=True, slots=True)
class Step:
    """One decision. Any one of the ``holders`` takes it; ``applies`` leaves the step out for some requests."""

    code: str
    title: Text
    holders: tuple[Holder, ...]
    working_days: int = 5
    if_nobody: IfNobody = IfNobody.WAIT
    on_timeout: OnTimeout = OnTimeout.WAIT
    applies: "Callable[[Case], bool] | None" = None


@dataclass(frozen=True, slots=True)
class About:
    """What a request is about, for its page: a heading, where to look, a few figures, and what ``template`` needs."""

    title: Text
    url: str = ""
    figures: tuple[tuple[Text, Text | int], ...] = ()
    notes: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class Procedure:
    """What is asked for and how it is decided.

    Dotted paths: ``on_approved``, ``on_refused``, ``on_withdrawn`` are called as ``(case=, actor=)`` in the deciding
    transaction, once; a ``Refused`` from them undoes the decision. ``facts(case=)`` returns the ``data`` of a request
    that is handed in again. ``titles`` is called with a list of cases and
    returns their titles by primary key; ``about`` with one case and the actor who looks, and returns an ``About``.
    A change of the steps needs a new ``version``; earlier versions stay registered while requests run under them.
    """

    code: str
    title: Text
    steps: tuple[Step, ...]
    version: int = 1
    may_return: bool = True
    self_approval: bool = False
    on_approved: str = ""
    on_refused: str = ""
    on_withdrawn: str = ""
    facts: str = ""
    titles: str = ""
    about: str = ""
    template: str = "approvals/_about.html"

    def step(self, code: str) -> Step:
        """Return the step called ``code``."""
        return next(step for step in self.steps if step.code == code)

    def call(self, path: str, **kwargs: Any) -> Any:
        """Call what a dotted path names; nothing for an empty path."""
        return import_string(path)(**kwargs) if path else None


_known: dict[tuple[str, int], Procedure] = {}


def register(procedure: Procedure) -> Procedure:
    """Make a procedure known, from the app config's ``ready``; ValueError says what is wrong with its steps."""
    codes = [step.code for step in procedure.steps]
    if not codes or len(set(codes)) != len(codes):
        raise ValueError(f"{procedure.code}: the steps need codes of their own")
    if procedure.steps[-1].if_nobody != IfNobody.WAIT or procedure.steps[-1].applies is not None:
        raise ValueError(f"{procedure.code}: the last step can neither be passed nor left out")
    _known[procedure.code, procedure.version] = procedure
    return procedure


def registered() -> list[Procedure]:
    """Return all procedures, every version, in the order of their codes."""
    return [_known[key] for key in sorted(_known)]


def latest(code: str) -> Procedure:
    """Return the newest version of a procedure; KeyError when there is none."""
    return _known[max(key for key in _known if key[0] == code)]


def procedure_of(case: "Case") -> Procedure:
    """Return the procedure under which a request runs; ``Refused`` when no installed system knows it."""
    try:
        return _known[case.procedure, case.version]
    except KeyError:
        raise Refused(
            _("The rules under which this request was made are no longer installed; ask the data office.")
        ) from None
