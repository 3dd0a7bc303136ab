"""Runs a case again and again, kills it at random moments, and proves after each that nothing is lost, doubled or
half done: the database is what it was after the last transaction that was over, and doing the work again ends it.

Run as ``python -m tests.crash.moments.running --case roster --moments 3 --seed 7`` on a migrated instance; prints one
JSON document for each case. The instance's own database is only copied.
"""

import argparse
import datetime as dt
import json
import random
import sys
import time
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import django

django.setup()

from django.db import connection  # noqa: E402
from django.urls import reverse  # noqa: E402

from tests.crash.moments import copies as copying  # noqa: E402
from tests.crash.moments.balance import BalanceCase  # noqa: E402
from tests.crash.moments.careless import CarelessCase  # noqa: E402
from tests.crash.moments.case import look  # noqa: E402
from tests.crash.moments.entry import EntryCase  # noqa: E402
from tests.crash.moments.killing import (  # noqa: E402
    ANSWERED,
    COMMIT,
    COMMITTED,
    WRITE,
    Ended,
    Moment,
    after_each_commit,
    in_child,
    killed,
)
from tests.crash.moments.programmes import ProgrammesCase  # noqa: E402
from tests.crash.moments.rollover import RolloverCase  # noqa: E402
from tests.crash.moments.roster import RosterCase  # noqa: E402
from tests.crash.moments.scores import ScoresCase  # noqa: E402
from tests.crash.moments.stars import StarsCase  # noqa: E402
from tests.crash.moments.support import SupportCase  # noqa: E402
from xuequ.record.uploads import remove_stray  # noqa: E402

if TYPE_CHECKING:
    from tests.crash.moments.case import Case, State
    from tests.crash.moments.copies import Copies

CASES: dict[str, Callable[[], "Case"]] = {
    "roster": RosterCase,
    "scores": ScoresCase,
    "entry": EntryCase,
    "rollover": RolloverCase,
    "stars": StarsCase,
    "balance": BalanceCase,
    "support": SupportCase,
    "programmes": ProgrammesCase,
}
TRIED = {**CASES, "careless": CarelessCase}
THREADED = {"support"}
"""Whose work starts threads, Polars' own: a forked process would wait for them for ever if they ran before the fork."""
TIMED, MOST, FURTHER = 3, 3, 5
TOLD = 10
NEAR_COMMITS = 4
"""Every fourth moment lies in a commit, the others are spread evenly over the whole storing."""


@dataclass
class Found:
    """What came of a case."""

    case: str
    database: str
    seed: int
    rows: int = 0
    transactions: int = 0
    storing_ms: float = 0.0
    moments: int = 0
    killed: int = 0
    in_commit: int = 0
    left_nothing: int = 0
    left_part: int = 0
    left_whole: int = 0
    half_done: int = 0
    lost: int = 0
    doubled: int = 0
    unfinished: int = 0
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """Whether nothing at all was found wrong."""
        return not self.faults and self.killed > 0

    def fault(self, kind: str, said: str) -> None:
        """Count something wrong and keep what it was."""
        setattr(self, kind, getattr(self, kind) + 1)
        self.faults.append(f"{kind}: {said}"[:2000])


@dataclass(frozen=True, slots=True)
class Known:
    """The undisturbed run: what is there before and after each transaction, and how long storing takes."""

    stages: Sequence["State"]
    digest: str
    in_force: "State"
    seconds: float
    statements: Sequence[float]
    commits: Sequence[float]

    def moment(self, seconds: float) -> Moment:
        """Return a moment of the undisturbed run as so long after a statement: a busy machine shifts that little."""
        turn = bisect_right(self.statements, seconds)
        return Moment(WRITE, turn, seconds - self.statements[turn - 1])


def run(case: "Case", databases: "Copies", moments: int, seed: int) -> Found:
    """Build the case, run it undisturbed, then kill it ``moments`` times."""
    begun = time.monotonic()
    found = Found(case.name, connection.vendor, seed)
    databases.copy("", "work")
    databases.use("work")
    reverse("stars:index")  # loads all addresses, which takes longer than the writing; once, before the forks
    case = _built(case)
    copying.keep_files()
    databases.copy("work", "built")
    known = _undisturbed(case, databases)
    first, last = known.stages[0]["rows"], known.stages[-1]["rows"]
    found.rows = sum(last.values()) - sum(first.values())  # type: ignore[attr-defined]
    found.transactions, found.storing_ms = len(known.stages) - 1, round(known.seconds * 1000, 1)
    if found.transactions != case.transactions:
        found.fault(
            "half_done", f"{found.transactions} transactions where {case.transactions} are whole steps"
        )
    with suppress(KeyboardInterrupt):  # what was found until then is told
        for moment in _moments(random.Random(seed), moments, known):
            if found.killed >= moments or found.moments >= MOST * moments:
                break
            _restore(databases)
            _judge(case, databases, known, moment, found)
            if found.moments % TOLD == 0:
                told = f"{found.killed} of {moments} killed, {len(found.faults)} faults"
                sys.stderr.write(f"{found.case} {connection.vendor}: {told}\n")
    found.seconds = round(time.monotonic() - begun, 1)
    return found


def _built(case: "Case") -> "Case":
    """Build a case, in a process of its own where that starts threads."""

    def build() -> "Case":
        case.build()
        return case

    return in_child(build) if case.name in THREADED else build()  # type: ignore[no-any-return]


def _restore(databases: "Copies") -> None:
    databases.copy("built", "work")
    databases.use("work")
    copying.bring_files_back()


def _undisturbed(case: "Case", databases: "Copies") -> Known:
    _restore(databases)
    if case.name not in THREADED:
        case.work(_nobody)  # what a process does at its first piece of work only is done before it is forked
        _restore(databases)
    digest, in_force = in_child(lambda: (databases.digest(), case.in_force()))
    stages = after_each_commit(case.work, lambda: look(case))
    runs = []
    for _run in range(TIMED):
        _restore(databases)
        runs.append(killed(case.work))
    spans = sorted((_storing(ended) for ended in runs), key=lambda times: times[-1])
    commits = [max(of) for of in zip(*(_commits(ended) for ended in runs), strict=True)]
    assert len(commits) == len(stages) - 1, (len(commits), len(stages))
    *statements, seconds = spans[TIMED // 2]
    return Known(stages, digest, in_force, seconds, statements, commits)


def _storing(ended: Ended) -> list[float]:
    """Return when each statement began, counted from the first that writes, and when the last transaction was over."""
    begun = [event.at for event in ended.events if event.said == WRITE]
    last = max(event.at for event in ended.events)
    return [at - begun[0] for at in (*begun, last)]


def _commits(ended: Ended) -> list[float]:
    """Return how long each commit took."""
    begun = [event.at for event in ended.events if event.said == COMMIT]
    over = [event.at for event in ended.events if event.said == COMMITTED]
    return [end - start for start, end in zip(begun, over, strict=True)]


def _moments(draw: random.Random, count: int, known: Known) -> Iterator[Moment]:
    spread = count - count // NEAR_COMMITS if known.commits else count
    for place in range(spread):
        yield known.moment(known.seconds * (place + draw.random()) / spread)
    while known.commits:  # also for those that came too late
        turn = draw.randrange(len(known.commits))
        yield Moment(COMMIT, turn + 1, draw.uniform(0, 1.2 * known.commits[turn]))


def _judge(case: "Case", databases: "Copies", known: Known, moment: Moment, found: Found) -> None:
    """Kill at one moment, look at what is left, then finish the work; now and then do it once more and take it back."""
    ended = killed(case.work, moment)
    further = found.moments % FURTHER == 0
    found.moments += 1
    found.killed += not ended.finished
    found.in_commit += ended.in_commit
    after = in_child(lambda: _aftermath(case, databases, ended.count(ANSWERED), further))
    over = ended.count(COMMITTED)
    allowed = known.stages[over : over + 1 + ended.in_commit]
    _judge_left(after.left, after.digest, known, allowed, found, moment)
    if after.last != known.stages[-1]:
        more = sum(after.last["rows"].values()) > sum(known.stages[-1]["rows"].values())  # type: ignore[attr-defined]
        kind = "doubled" if more else "unfinished"
        found.fault(kind, f"{moment} {differences(known.stages[-1], after.last)}")
    if after.stray:
        found.fault("half_done", f"{moment}: {after.stray} files that belong to no import")
    if not after.same:
        found.fault("doubled", f"{moment}: done once more, the database is another one")
    if after.back is not None and after.back != known.in_force:
        found.fault("unfinished", f"{moment} undo: {differences(known.in_force, after.back)}")


def _judge_left(
    left: "State", digest: str, known: Known, allowed: Sequence["State"], found: Found, moment: Moment
) -> None:
    """Count what is left: what stood after the last transaction that was over, or after the one under way."""
    kept = _stage(left, known.stages)
    found.left_nothing += kept == 0
    found.left_part += 0 < kept < len(known.stages) - 1
    found.left_whole += kept == len(known.stages) - 1
    if kept < 0:
        found.fault("half_done", f"{moment} {differences(allowed[0], left)}")
    elif left not in allowed:
        found.fault("lost", f"{moment}: stage {kept} of {len(known.stages) - 1}")
    elif kept == 0 and digest != known.digest:
        found.fault("half_done", f"{moment}: rows were altered")


def _stage(left: "State", stages: Sequence["State"]) -> int:
    return next((place for place, stage in enumerate(stages) if stage == left), -1)


@dataclass
class Aftermath:
    """What was found after a kill: at once, after the work was done to its end, done once more, and taken back."""

    left: "State"
    digest: str
    last: "State" = field(default_factory=dict)
    stray: int = 0
    same: bool = True
    back: "State | None" = None


def _aftermath(case: "Case", databases: "Copies", done: int, further: bool) -> Aftermath:
    databases.settle()
    found = Aftermath(look(case), databases.digest())
    case.work(_nobody, done)
    remove_stray(dt.timedelta(0))
    found.last, found.stray = look(case), len(stray_files())
    if further:
        once = databases.digest()
        case.work(_nobody, case.transactions)
        found.same = databases.digest() == once
        found.back = case.in_force() if case.undo() else None
    return found


def _nobody() -> None:
    """Answer somebody who does not listen."""


def stray_files() -> list[str]:
    """Return the files of imports that are over."""
    from django.core.files.storage import default_storage

    return default_storage.listdir("imports")[1] if default_storage.exists("imports") else []


def differences(wanted: Any, found: Any, path: str = "") -> str:
    """Say in a few words where two states differ."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        keys = sorted(wanted.keys() | found.keys(), key=str)
        said = [differences(wanted.get(key), found.get(key), f"{path}/{key}") for key in keys]
        return " ".join(filter(None, said))
    if isinstance(wanted, list) and isinstance(found, list) and wanted != found:
        left_out = [item for item in wanted if item not in found]
        more = [item for item in found if item not in wanted]
        return f"{path}: {len(left_out)} missing {left_out[:2]}, {len(more)} more {more[:2]}"
    return "" if wanted == found else f"{path}: {wanted!r} is {found!r}"


def main() -> int:
    """Run the cases that are named; exit 1 when anything was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", nargs="+", choices=[*TRIED, "all"], default=["all"])
    parser.add_argument("--moments", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    said = parser.parse_args()
    good = True
    for name in CASES if "all" in said.case else said.case:
        with copying.copies() as databases:
            found = run(TRIED[name](), databases, said.moments, said.seed)
        sys.stdout.write(json.dumps(asdict(found), ensure_ascii=False) + "\n")
        sys.stdout.flush()
        good &= found.is_good
    return int(not good)


if __name__ == "__main__":
    sys.exit(main())
