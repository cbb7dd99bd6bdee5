"""Draws: which lot covers which part of the usage, instant by instant.

At one instant first what is voided goes, then lots end and roll over, then lots begin and
settle what waits, oldest first; then usage draws. Lots are drawn in their order until a use
is covered; several uses of an instant share a lot by list value. What no lot covers waits.
Expiry comes after all earlier usage and touches only its own lot. A negative use takes draws
back, the last first (DESIGN 7; PEERS b7 to b9).
"""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from itertools import groupby

from tokenbooks.conditions import Conditions
from tokenbooks.credits.drawing import Draw, Drawing, Drawn, DrawRules, Taken, Use
from tokenbooks.credits.lots import Account, Lot, Removal
from tokenbooks.credits.moves import (
    pooling_removal,
    rolled_lot,
    rolling_quantities,
    rollover_removal,
)
from tokenbooks.credits.order import rank_of
from tokenbooks.credits.succession import reprice_begun

Scopes = frozenset[Conditions]

#: One lot is looked for in about the time in which so many others are gone through.
_LOOKED_FOR = 64


def draw_lots(
    uses: Iterable[Use], lots: Sequence[Lot], rules: DrawRules, accounts: Iterable[Account] = ()
) -> Drawing:
    """Draw the lots of accounts that share them, in time order.

    ``accounts`` are those that have a place in the result, whether they use anything or not.
    """
    in_order = sorted(uses, key=lambda use: (use.used_at, use.account, sorted(use.parts)))
    run = _Run(in_order, lots, rules)
    for account in accounts:
        run.drawing.accounts.setdefault(account, Drawn())
    run.go()
    return run.drawing


class _Run:
    """The lots as they stand at an instant, and what has become of the usage so far."""

    def __init__(self, uses: Sequence[Use], lots: Sequence[Lot], rules: DrawRules) -> None:
        self.rules = rules
        self.drawing = Drawing({use.account: Drawn() for use in uses})
        self.given, self.tops = self.drawing.given, self.drawing.tops
        self.uses = {at: list(group) for at, group in groupby(uses, key=lambda use: use.used_at)}
        self.starts: dict[datetime, list[str]] = {}
        self.ends: dict[datetime, list[str]] = {}
        self.voids: dict[datetime, list[tuple[str, Removal]]] = {}
        self.extensions: dict[datetime, list[tuple[str, datetime | None]]] = {}
        self.known_ends: dict[str, datetime | None] = {}
        self.instants: list[datetime] = list(self.uses)
        self.keys: tuple[str, ...] = ()
        self.active: list[tuple[tuple[object, ...], str]] = []
        self.waiting: list[Use] = []
        self.history: list[tuple[str, Fraction]] = []
        self.undoable: dict[tuple[Account, Scopes | None], list[int]] = {}
        for lot in sorted(lots, key=lambda lot: lot.id):
            self._expect(lot)

    def _expect(self, lot: Lot) -> None:
        """Note a lot and the instants at which something becomes of it."""
        self.drawing.lots[lot.id] = lot
        self.given[lot.id] = lot.used_before
        begins = [lot.starts]
        stops = [lot.ends] if lot.ends else []
        if lot.gap:
            stops.append(lot.gap[0])
            begins.append(lot.gap[1])
        for at in begins:
            self.starts.setdefault(at, []).append(lot.id)
        for at in stops:
            self.ends.setdefault(at, []).append(lot.id)
        for removal in lot.removals:
            if removal.quantity is None:
                self.voids.setdefault(removal.at, []).append((lot.id, removal))
                heapq.heappush(self.instants, removal.at)
        self._expect_extensions(lot)
        for at in (*begins, *stops):
            heapq.heappush(self.instants, at)

    def _expect_extensions(self, lot: Lot) -> None:
        """Until a lot is extended, its place in the order is that of its end till then."""
        if not lot.extended:
            return
        ends = [*(end for _, end in lot.extended), lot.ends]
        self.known_ends[lot.id] = ends[0]
        for (at, _), end in zip(lot.extended, ends[1:], strict=True):
            self.extensions.setdefault(at, []).append((lot.id, end))
            heapq.heappush(self.instants, at)

    def go(self) -> None:
        """Go through all instants in order."""
        heapq.heapify(self.instants)
        until, before = self.rules.until, datetime.min
        while self.instants and self.instants[0] <= until:
            at = heapq.heappop(self.instants)
            if at == before:
                continue
            before = at
            self._void(at)
            self._end(at)
            self._extend(at)
            if at < until:
                self._begin(at)
                self._use(at)
        for name, lot in self.drawing.lots.items():
            if name not in self.tops:
                self._set_apart(lot)
        for use in self.waiting:
            self.drawing.accounts[use.account].uncovered.append(use)

    # lots

    def _void(self, at: datetime) -> None:
        for lot_id, removal in self.voids.get(at, ()):
            if lot_id not in self.drawing.lots:
                continue
            if lot_id not in self.tops:  # before it begins
                self._set_apart(self.drawing.lots[lot_id])
            self._take(lot_id, removal, at, self.drawing.left(lot_id))

    def _take(self, lot_id: str, removal: Removal, at: datetime, quantity: Fraction) -> Taken:
        """Take credits away from the top of a lot."""
        lot, top = self.drawing.lots[lot_id], self.tops[lot_id]
        cost = lot.cost_between(top - quantity, top, self.rules.places)
        self.tops[lot_id] = top - quantity
        taken = Taken(removal.id, lot_id, removal.event, at, quantity, cost, removal.into)
        self.drawing.taken.append(taken)
        return taken

    def _end(self, at: datetime) -> None:
        """Lots end; what their terms let roll becomes lots that begin now."""
        known = self.drawing.lots  # without successors of nothing
        ended = [known[name] for name in self.ends.get(at, ()) if name in known]
        self._leave({lot.id for lot in ended})
        rolling = [lot for lot in ended if lot.rollover and lot.ends == at]
        if not rolling:
            return
        alive = [self.drawing.lots[name] for _, name in self.active]
        rests = {lot.id: self.drawing.left(lot.id) for lot in (*rolling, *alive)}
        for name, quantity in rolling_quantities(rolling, alive, rests).items():
            if quantity:
                self._roll(self.drawing.lots[name], quantity, at)

    def _roll(self, lot: Lot, quantity: Fraction, at: datetime) -> None:
        """What of a lot lives on in a new one."""
        removal = rollover_removal(lot, at)
        kept = min(quantity, self.drawing.left(lot.id))
        taken = self._take(lot.id, removal, at, kept)
        self._expect(rolled_lot(lot, removal, quantity, kept, taken.cost))

    def _enter(self, name: str) -> None:
        """A lot can be drawn from now on, at its place in the order."""
        place, item = self._place(name)
        if self.active[place : place + 1] != [item]:
            self.active.insert(place, item)

    def _leave(self, gone: Collection[str]) -> None:
        """Lots can be drawn no more; many at once are not looked for one by one."""
        if len(gone) * _LOOKED_FOR > len(self.active):
            self.active = [item for item in self.active if item[1] not in gone]
            return
        for name in gone:
            place, item = self._place(name)
            if self.active[place : place + 1] == [item]:
                del self.active[place]

    def _place(self, name: str) -> tuple[int, tuple[tuple[object, ...], str]]:
        item = (self._rank(name), name)
        return bisect_left(self.active, item), item

    def _rank(self, name: str) -> tuple[object, ...]:
        """Where a lot stands in the order, by what is known of its end."""
        lot = self.drawing.lots[name]
        if lot.extended:
            lot = replace(lot, ends=self.known_ends[name])
        return rank_of(lot, self.keys)

    def _extend(self, at: datetime) -> None:
        """Lots are extended: from now on they have the place of their new end."""
        for name, ends in self.extensions.pop(at, ()):
            if name not in self.drawing.lots:
                continue
            place, item = self._place(name)
            is_active = self.active[place : place + 1] == [item]
            if is_active:
                del self.active[place]
            self.known_ends[name] = ends
            if is_active:
                self._enter(name)

    def _begin(self, at: datetime) -> None:
        """Lots begin, and what waits is settled from them, oldest first."""
        names = [name for name in self.starts.pop(at, []) if name in self.drawing.lots]
        begun, kept = reprice_begun(self.drawing, names, self.rules.places)
        for lot in kept:
            if lot.ends is not None:
                self.ends.setdefault(lot.ends, []).append(lot.id)
                heapq.heappush(self.instants, lot.ends)
        for name in begun:
            if name not in self.tops:
                self._first_begin(self.drawing.lots[name], at)
            self._enter(name)
        if begun and self.waiting:
            self._order(at)
            self._settle(at)

    def _first_begin(self, lot: Lot, at: datetime) -> None:
        """A lot begins: known removals are set apart, pooled cost moves in."""
        if self.rules.pools_cost(at):
            lot = self._pool(lot)
        self._set_apart(lot)

    def _set_apart(self, lot: Lot) -> None:
        self.tops[lot.id] = lot.quantity
        for removal in lot.removals:
            if removal.quantity is not None:
                self._take(lot.id, removal, removal.at, removal.quantity)

    def _pool(self, lot: Lot) -> Lot:
        """Move what is left of the older lots of the account into a lot that begins."""
        for _, name in self.active:
            older, left = self.drawing.lots[name], self.drawing.left(name)
            if older.account == lot.account and left:
                lot = self._as_left(lot)
                cost = self._take(name, pooling_removal(lot, older), lot.starts, left).cost
                lot = replace(
                    lot,
                    quantity=lot.quantity + left,
                    cost=lot.cost + cost,
                    moved=lot.moved + left,
                    moved_cost=lot.moved_cost + cost,
                )
        self.drawing.lots[lot.id] = lot
        return lot

    def _as_left(self, lot: Lot) -> Lot:
        """A lot that was used before the book, as what is left of it: its use cost its own."""
        if lot.used_before:
            self.given[lot.id] = Fraction(0)
            cost = lot.cost_between(lot.used_before, lot.quantity, self.rules.places)
            quantity = lot.quantity - lot.used_before
            lot = replace(lot, quantity=quantity, cost=cost, used_before=Fraction(0))
        return lot

    def _order(self, at: datetime) -> None:
        """Bring the lots into the order of the time, where it has changed."""
        keys = self.rules.order(at)
        if keys != self.keys:
            self.keys = keys
            names = [name for _, name in self.active]
            self.active = sorted((self._rank(name), name) for name in names)

    # usage

    def _use(self, at: datetime) -> None:
        uses = self.uses.get(at, ())
        if uses:
            self._order(at)
        for use in uses:
            if use.quantity < 0:
                self._take_back(use)
        rests = self._cover([use for use in uses if use.quantity > 0], at)
        self.waiting += rests

    def _settle(self, at: datetime) -> None:
        """Lots that begin pay for what waits: the oldest first, of one instant together."""
        waiting, self.waiting, settled = self.waiting, [], 0
        for _, group in groupby(waiting, key=lambda use: use.used_at):
            if not self.active:
                break
            uses = list(group)
            settled += len(uses)
            billed = [use for use in uses if self._is_billed(use, at)]
            self.waiting += billed
            self.waiting += self._cover([use for use in uses if use not in billed], at)
        self.waiting += waiting[settled:]

    def _is_billed(self, use: Use, at: datetime) -> bool:
        """Whether a document bills usage by then, so that no lot settles it any more."""
        billed = self.rules.billed_on(use.account, use.used_at.date())
        return billed is not None and billed <= at.date()

    def _cover(self, uses: list[Use], at: datetime) -> list[Use]:
        """Draw lots for uses of one instant; returns what they did not cover."""
        rests = [use.quantity for use in uses]
        spent = []
        for item in self.active:
            wanting = [n for n, use in enumerate(uses) if rests[n] and self._may(item[1], use)]
            wanted = sum((rests[n] for n in wanting), Fraction(0))
            left = self.drawing.left(item[1])
            quantity = min(left, wanted)
            if quantity < wanted and self._reserved(item[1], at):
                self.drawing.short.setdefault(item[1], at)
            elif quantity == left and not self._reserved(item[1], at):
                spent.append(item[1])
            for n in wanting if quantity else ():
                share = rests[n] if quantity == wanted else quantity * rests[n] / wanted
                self._draw(item[1], uses[n], at, share)
                rests[n] -= share
            if not any(rests):
                break
        self._leave(set(spent))
        return [use.rest(rests[n]) for n, use in enumerate(uses) if rests[n]]

    def _may(self, name: str, use: Use) -> bool:
        """Whether usage may draw a lot: its own or its pool's, and within its scope."""
        lot = self.drawing.lots[name]
        own = use.account == lot.account or (
            lot.pool and use.account in self.rules.members.get(lot.pool, ())
        )
        return bool(own) and (not lot.scope or lot.scope in use.scopes)

    def _reserved(self, name: str, at: datetime) -> bool:
        """Whether a removal that comes later keeps credits of a lot from being used."""
        removals = self.drawing.lots[name].removals
        return any(removal.quantity is not None and removal.at > at for removal in removals)

    def _draw(self, name: str, use: Use, at: datetime, quantity: Fraction) -> None:
        draw = Draw(name, use.account, use.used_at, at, quantity, use.share(quantity))
        self.drawing.accounts[use.account].draws.append(draw)
        self.given[name] += quantity
        if quantity > 0:
            for scopes in (use.scopes, None):
                self.undoable.setdefault((use.account, scopes), []).append(len(self.history))
            self.history.append((name, quantity))

    def _take_back(self, use: Use) -> None:
        """Undo what was covered last, as far as a negative use goes.

        Usage that may draw the same credits comes first, so that they return to the lots that
        paid for it. What is taken back belongs to the day and the classes of the use that
        takes it back.
        """
        rest = -use.quantity
        for scopes in (use.scopes, None):
            rest = self._net(use, rest, scopes)
            rest = self._undo(use, rest, scopes)
        if rest:
            self.drawing.accounts[use.account].netted.append(use.rest(-rest))

    def _undo(self, use: Use, rest: Fraction, scopes: Scopes | None) -> Fraction:
        """Take back draws, the last first; returns what it did not use up."""
        drawn = self.undoable.get((use.account, scopes), [])
        while rest and drawn:
            number = drawn[-1]
            name, left = self.history[number]
            back = min(rest, left)
            self.history[number] = (name, left - back)
            if left == back:
                drawn.pop()
            if back:
                self._draw(name, use, use.used_at, -back)
                self._revive(name, use.used_at)
            rest -= back
        return rest

    def _net(self, use: Use, rest: Fraction, scopes: Scopes | None) -> Fraction:
        """Take back usage that waits, the last first; returns what it did not use up."""
        own = [n for n, item in enumerate(self.waiting) if item.account == use.account]
        if scopes is not None:
            own = [n for n in own if self.waiting[n].scopes == scopes]
        netted = self.drawing.accounts[use.account].netted
        while rest and own:
            number = own.pop()
            last = self.waiting[number]
            back = min(rest, last.quantity)
            netted += [last.rest(back), use.rest(-back)]
            if last.quantity > back:
                self.waiting[number] = last.rest(last.quantity - back)
            else:
                del self.waiting[number]
            rest -= back
        return rest

    def _revive(self, name: str, at: datetime) -> None:
        """A lot that was used up can be drawn again, if it has not ended."""
        if self.drawing.lots[name].is_usable_at(at):
            self._enter(name)
