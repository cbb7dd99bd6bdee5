"""Runs that are cut off at a chosen step, each in a process of its own.

A step is what changes a folder: opening a file for writing, making, renaming, linking or
removing something. Python announces each before it happens, which is where a run is killed,
or is told that the disk is full. A child is forked from a process that has all at hand, so
that a thousand of them take seconds.
"""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

CREATING = frozenset({"open", "os.mkdir", "os.link"})
STEPS = CREATING | {"os.rename", "os.remove", "os.rmdir"}

#: How a child ends that did what it should, or that raised what no user may see.
DONE, FAILED = 0, 70

Hook = Callable[[str, tuple[Any, ...]], None]


@dataclass(frozen=True)
class Ended:
    """How a run ended: by a signal, or with a code."""

    signal: int
    code: int

    @property
    def is_whole(self) -> bool:
        return (self.signal, self.code) == (0, DONE)


class Steps:
    """Counts the steps of a run, and does something from the ``at``-th on, counted from 1."""

    def __init__(self, at: int, do: Callable[[str], None]) -> None:
        self.seen = 0
        self._at = at
        self._do = do

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event not in STEPS or (event == "open" and not _writes(arguments)):
            return
        self.seen += 1
        if self.seen >= self._at:
            self._do(event)


def _writes(arguments: tuple[Any, ...]) -> bool:
    flags = arguments[2]
    return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))


def kill(event: str) -> None:
    """End this process as a power cut does: nothing is tidied up."""
    os.kill(os.getpid(), signal.SIGKILL)


def disk_is_full(event: str) -> None:
    """Refuse what needs room; what is there can be renamed and removed."""
    if event in CREATING:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def folder_is_read_only(event: str) -> None:
    """Refuse every change."""
    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def in_a_child(run: Callable[[], None], *, killed_after: float | None = None) -> Ended:
    """Run something in a forked process; kill it after so many seconds, if it lasts so long."""
    child = os.fork()
    if not child:
        code = FAILED
        try:
            run()
            code = DONE
        except BaseException:  # noqa: BLE001 - whatever it is, the parent must hear of it
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)
    if killed_after is not None:
        time.sleep(killed_after)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return Ended(os.WTERMSIG(status), 0)
    return Ended(0, os.WEXITSTATUS(status))


def cut_off(run: Callable[[], None], at: int, do: Callable[[str], None] = kill) -> Ended:
    """Run something in a child until its ``at``-th step; ``is_whole`` where it has fewer."""

    def hooked() -> None:
        sys.addaudithook(Steps(at, do))
        run()

    return in_a_child(hooked)
