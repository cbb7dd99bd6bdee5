"""The finer rows behind cells, found by their amount; each explains something only once."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction

from tokenbooks.reconcile.causes import STATEMENT, USAGE
from tokenbooks.reconcile.statements.cells import ROW, Compared, Key, Piece

#: Where a cell stands: its day and key.
Place = tuple[date, Key]


class Pieces:
    """The pieces of both views that have explained nothing yet."""

    def __init__(self, compared: Compared) -> None:
        self._given: Mapping[str, Mapping[Place, tuple[Piece, ...]]] = {
            USAGE: compared.usage_pieces,
            STATEMENT: compared.statement_pieces,
        }
        self._left: dict[tuple[str, Place], list[Piece]] = {}
        self._sums: dict[tuple[str, Place], dict[Piece, list[Piece]]] = {}

    def __bool__(self) -> bool:
        """Whether any cell has pieces."""
        return any(self._given.values())

    def of(self, view: str, place: Place) -> Sequence[Piece]:
        """The pieces of a view at a place, by amount."""
        if place not in self._given[view]:
            return ()
        if (view, place) not in self._left:
            self._left[view, place] = sorted(self._given[view][place], key=_amount)
        return self._left[view, place]

    def worth(self, view: str, place: Place, wanted: Piece, tolerance: Fraction) -> Piece | None:
        """The piece whose amount comes nearest to the wanted one; None where none does.

        Else it is what several pieces come to that share a value, such as all of a model.
        Where both say a quantity, it is the same. The values of what is wanted do not count.
        """
        pieces = self.of(view, place)
        found = _nearest(pieces, wanted, tolerance)
        if not found and len(pieces) > 1:
            if (view, place) not in self._sums:
                self._sums[view, place] = _sums_by_value(pieces)
            found = _nearest(list(self._sums[view, place]), wanted, tolerance)
        return found

    def use(self, view: str, place: Place, used: Piece) -> None:
        """Take a piece away, or those that a sum consists of: they have explained something."""
        pieces = self._left[view, place]
        if used in pieces:
            pieces.remove(used)
        else:
            taken = set(self._sums[view, place][used])
            self._left[view, place] = [piece for piece in pieces if piece not in taken]
        self._sums.pop((view, place), None)


def _nearest(pieces: Sequence[Piece], wanted: Piece, tolerance: Fraction) -> Piece | None:
    found: Piece | None = None
    first = bisect_left(pieces, wanted.amount - tolerance, key=_amount)
    for number in range(first, len(pieces)):
        piece = pieces[number]
        if piece.amount > wanted.amount + tolerance:
            break
        is_nearer = not found or _apart(piece, wanted) < _apart(found, wanted)
        if is_nearer and is_worth(piece, wanted, tolerance):
            found = piece
    return found


def _sums_by_value(pieces: Sequence[Piece]) -> dict[Piece, list[Piece]]:
    """What several pieces come to that share a value or are of one row, by amount."""
    groups: dict[tuple[tuple[str, str], ...], list[Piece]] = {}
    for piece in pieces:
        for value in piece.values:
            groups.setdefault((value,), []).append(piece)
        whole = without_row(piece).values
        if places_of(piece) and len(whole) != 1:
            # rows of equal values, which are one where rows are not told apart
            groups.setdefault(whole, []).append(piece)
    sums = {
        together(own) if shared[:1] and shared[0][0] == ROW else _sum(shared, own): own
        for shared, own in groups.items()
        if len(own) > 1
    }
    return dict(sorted(sums.items(), key=lambda item: item[0].amount))


def piece_words(piece: Piece) -> str:
    """How people name a piece: by its values; where it stands is evidence."""
    return ", ".join(value for name, value in piece.values if value and name != ROW) or "one row"


def places_of(piece: Piece) -> tuple[str, ...]:
    """The row of a file that a piece is, where that is known: FILE:LINE."""
    return tuple(value for name, value in piece.values if name == ROW)


def without_row(piece: Piece) -> Piece:
    """A piece without its place: rows that say the same are equal."""
    return piece._replace(values=tuple(own for own in piece.values if own[0] != ROW))


def together(pieces: Sequence[Piece]) -> Piece:
    """Pieces as one, with the values that all of them share."""
    shared = tuple(own for own in pieces[0].values if all(own in p.values for p in pieces))
    return _sum(shared, pieces)


def _sum(shared: tuple[tuple[str, str], ...], pieces: Sequence[Piece]) -> Piece:
    amount = sum((piece.amount for piece in pieces), Fraction(0))
    counted = [piece.quantity for piece in pieces if piece.quantity is not None]
    quantity = sum(counted, Fraction(0)) if len(counted) == len(pieces) else None
    return Piece(shared, amount, quantity)


def is_worth(piece: Piece, wanted: Piece, tolerance: Fraction) -> bool:
    """Whether a piece has the wanted amount, and the quantity where both say one."""
    is_counted = piece.quantity is not None and wanted.quantity is not None
    if is_counted and piece.quantity != wanted.quantity:
        return False
    return _apart(piece, wanted) <= tolerance


def _apart(piece: Piece, wanted: Piece) -> Fraction:
    return abs(piece.amount - wanted.amount)


def _amount(piece: Piece) -> Fraction:
    return piece.amount
