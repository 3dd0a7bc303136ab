"""Work in a process of its own that is killed -9, and that says through a pipe how far it was."""

import os
import pickle
import signal
import struct
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.db import connections

WRITE, COMMIT, COMMITTED, ANSWERED = b"w", b"c", b"d", b"a"
"""A statement begins (the first that writes, and all after it); a commit begins; it is over; somebody was answered."""
EVENT = struct.Struct("=cd")
WRITING = ("INSERT", "UPDATE", "DELETE")


@dataclass(frozen=True, slots=True)
class Event:
    """What the work said, and when (seconds of the monotonic clock, which all processes share)."""

    said: bytes
    at: float


@dataclass(frozen=True, slots=True)
class Moment:
    """When to kill: so many seconds after the work said ``said`` for the ``turn``-th time (from 1)."""

    said: bytes
    turn: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Ended:
    """How the work ended: by itself or by the kill, and what it had said by then."""

    finished: bool
    events: tuple[Event, ...]

    def count(self, said: bytes) -> int:
        """How often it said this."""
        return sum(event.said == said for event in self.events)

    @property
    def in_commit(self) -> bool:
        """Whether it was killed while a transaction was being committed."""
        return self.count(COMMIT) > self.count(COMMITTED)


def say(pipe: int, said: bytes) -> None:
    """Write an event; so short a write is never cut."""
    os.write(pipe, EVENT.pack(said, time.monotonic()))


def killed(work: Callable[[Callable[[], None]], object], moment: Moment | None = None) -> Ended:
    """Do ``work`` in a forked process and kill it at ``moment``; it calls its argument when it answers somebody."""
    ours, its = os.pipe()
    connections.close_all()
    child = os.fork()
    if child == 0:
        os.close(ours)
        _announce(its)
        _leave(lambda: work(lambda: say(its, ANSWERED)))
    os.close(its)
    events = list(_until(ours, moment)) if moment is not None else []
    if moment is not None:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    events += _events(ours)
    os.close(ours)
    _pid, status = os.waitpid(child, 0)
    assert not os.WIFEXITED(status) or os.WEXITSTATUS(status) == 0, "the work failed by itself"
    return Ended(os.WIFEXITED(status), tuple(events))


def _leave(work: Callable[[], object]) -> None:
    """Do the work and end the forked process without what its parent would do at its end."""
    try:
        work()
    except BaseException:  # noqa: BLE001 - whatever it is, the forked process must not go on as its parent
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _announce(pipe: int) -> None:
    """Let the connection say when it writes and commits; what runs on commit belongs to the commit."""
    own = connections["default"]
    commit, set_autocommit, begun, open_ = own._commit, own.set_autocommit, [], []

    def watched(execute: Any, sql: str, *rest: Any) -> Any:
        if not begun and sql.lstrip().startswith(WRITING):
            begun.append(sql)
        if begun:
            say(pipe, WRITE)
        return execute(sql, *rest)

    def committing() -> None:
        open_.append(True)
        say(pipe, COMMIT)
        commit()

    def settled(autocommit: bool, *rest: Any, **options: Any) -> None:
        set_autocommit(autocommit, *rest, **options)
        if autocommit and open_:
            open_.clear()
            say(pipe, COMMITTED)

    own.execute_wrappers.append(watched)
    own._commit, own.set_autocommit = committing, settled


def _events(pipe: int) -> Iterator[Event]:
    while len(packed := os.read(pipe, EVENT.size)) == EVENT.size:
        yield Event(*EVENT.unpack(packed))


def _until(pipe: int, moment: Moment) -> Iterator[Event]:
    """Yield the events until the moment has come, or until the work is over."""
    turns = 0
    for event in _events(pipe):
        yield event
        turns += event.said == moment.said
        if turns == moment.turn and event.said == moment.said:
            left = event.at + moment.seconds - time.monotonic()
            time.sleep(max(0.0, left))
            return


def in_child(question: Callable[[], Any]) -> Any:
    """Return what ``question`` answers in a forked process, which leaves nothing behind in this one."""
    ours, its = os.pipe()
    connections.close_all()
    child = os.fork()
    if child == 0:
        os.close(ours)
        _leave(lambda: _write_all(its, pickle.dumps(question())))
    os.close(its)
    with os.fdopen(ours, "rb") as stream:
        answer = stream.read()
    _pid, status = os.waitpid(child, 0)
    assert os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0, "the question failed"
    return pickle.loads(answer)


def _write_all(pipe: int, content: bytes) -> None:
    with os.fdopen(pipe, "wb") as stream:
        stream.write(content)


def after_each_commit(work: Callable[[Callable[[], None]], object], look: Callable[[], Any]) -> list[Any]:
    """Do the work undisturbed in a process of its own; return what ``look`` sees before it and after each commit."""

    def recorded() -> list[Any]:
        seen = [look()]
        own = connections["default"]
        commit, set_autocommit, open_ = own._commit, own.set_autocommit, []

        def committing() -> None:
            open_.append(True)
            commit()

        def settled(autocommit: bool, *rest: Any, **options: Any) -> None:
            set_autocommit(autocommit, *rest, **options)
            if autocommit and open_:
                open_.clear()
                seen.append(look())

        own._commit, own.set_autocommit = committing, settled
        work(lambda: None)
        return seen

    found: list[Any] = in_child(recorded)
    return found
