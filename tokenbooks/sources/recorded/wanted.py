"""Which accounts of a ledger count, and what we call them."""

from __future__ import annotations

from collections.abc import Mapping

from tokenbooks.conditions import Conditions
from tokenbooks.names import nearest


class WantedAccounts:
    """The accounts that globs name, after some of them were renamed; all, where none are named.

    It remembers what it was asked, to tell afterwards which globs matched nothing.
    """

    def __init__(self, globs: tuple[str, ...] = (), names: Mapping[str, str] | None = None) -> None:
        self.globs = globs
        self.names = names or {}
        self._known: dict[str, str | None] = {}
        self._matched: set[str] = set()

    def ours(self, account: str) -> str | None:
        """Our name of an account of the ledger; None for one that does not count."""
        if account not in self._known:
            self._known[account] = self._looked_up(account)
        return self._known[account]

    def _looked_up(self, account: str) -> str | None:
        name = self.names.get(account, account)
        fitting = [glob for glob in self.globs if _fits(glob, name)]
        self._matched.update(fitting)
        return name if fitting or not self.globs else None

    @property
    def in_the_ledger(self) -> tuple[str, ...]:
        """Globs of the names that the accounts have in the ledger; none stands for all."""
        if "*" in self.globs:
            return ()
        renamed = (theirs for theirs, ours in self.names.items() if self._is_wanted(ours))
        return (*self.globs, *renamed) if self.globs else ()

    def _is_wanted(self, name: str) -> bool:
        return any(_fits(glob, name) for glob in self.globs)

    def unmatched(self) -> list[tuple[str, str | None]]:
        """Globs that fit no account met so far, each with the account most like it."""
        met = [self.names.get(account, account) for account in self._known]
        return [(glob, nearest(glob, met)) for glob in self.globs if glob not in self._matched]


def _fits(glob: str, name: str) -> bool:
    return Conditions.of({"account": (glob,)}).hold({"account": (name,)})
