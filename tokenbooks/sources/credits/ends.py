"""When lots end, as far as rows and plans say, and rows that come too late for their lot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from tokenbooks.documents import CreditEvent
from tokenbooks.periods import local_time, start_of
from tokenbooks.problems import Problem, error
from tokenbooks.rating.credit_terms import Length
from tokenbooks.sources.credits.checks import end_of
from tokenbooks.sources.credits.events import adds
from tokenbooks.sources.credits.references import KnownLots, Owner, named_lot

#: Lots whose end is that of the lot they come from.
_KEEPS_END = ("adjust", "transfer")


def check_ends(events: Sequence[CreditEvent], lots: KnownLots) -> Iterator[Problem]:
    """Extensions that make nothing later, and rows for which nothing of a lot is left.

    Problems: ``extend-not-later`` and ``lot-ended``. Where an end is not known, as of lots
    that plans make, nothing is told. Money may come back for a lot that has ended.
    """
    extended: dict[str, datetime] = {}
    for event in sorted(events, key=lambda event: event.day):
        name = named_lot(event)
        if name is None:
            continue
        known, ends = _end(name, (event.contract, event.party), lots, extended)
        if event.event == "extend" and event.expires is not None:
            later = end_of(event.expires, lots.zone_of(event))
            if known and (ends is None or later <= ends):
                yield _not_later(event, name, ends)
            extended[name] = later
        elif known and ends is not None and _is_late(event, ends, lots):
            last = (ends - timedelta(microseconds=1)).date()
            message = f"the lot '{name}' has ended on {last}: on {event.day} nothing is left of it"
            help = "correct the date or the lot; where the provider let it live on: event extend"
            yield error("lot-ended", message, help, event.position)


def _is_late(event: CreditEvent, ends: datetime, lots: KnownLots) -> bool:
    takes = event.event in {"void", "transfer"} or (event.event == "adjust")
    return takes and _instant(event, lots) > ends


def _instant(event: CreditEvent, lots: KnownLots) -> datetime:
    """When a change of a lot counts: at its instant, or at the end of its day."""
    if isinstance(event.starts, datetime):
        return local_time(event.starts, lots.zone_of(event))
    return start_of(event.day) + timedelta(days=0 if adds(event) else 1)


def _end(
    name: str, owner: Owner, lots: KnownLots, extended: dict[str, datetime]
) -> tuple[bool, datetime | None]:
    """Whether a lot's end is known, and the end; None for one that never ends."""
    if name in extended:
        return True, extended[name]
    maker = lots.maker(name)
    if maker is None:
        made = lots.made_by_plan(name, owner)
        return made is not None and made.ends is not None, made.ends if made else None
    if maker.event in _KEEPS_END and maker.parent:
        return _end(maker.parent, (maker.contract, maker.party), lots, extended)
    plan = lots.plan_of(maker)
    if plan is None or (maker.event == "rollover" and maker.expires is None):
        return False, None
    return True, _own_end(maker, plan.credit_terms.expires, lots.zone_of(maker))


def _own_end(maker: CreditEvent, length: Length | None, zone: str) -> datetime | None:
    """The end that a row states, else that of the plan's rule."""
    if maker.expires is not None:
        return end_of(maker.expires, zone)
    if length is None:
        return None
    if isinstance(maker.starts, datetime):
        return length.after(local_time(maker.starts, zone))
    return length.after(start_of(maker.day)) + timedelta(days=1)


def _not_later(event: CreditEvent, name: str, ends: datetime | None) -> Problem:
    if ends is None:
        message = f"the lot '{name}' never ends, so it cannot be extended"
        help = "take the row away; or give the lot its end in the column expires of its own row"
    else:
        last = (ends - timedelta(microseconds=1)).date()
        message = f"the lot '{name}' is usable until {last}, which is not before {event.expires}"
        help = "write the new last usable day; an earlier end is given by event void on that day"
    return error("extend-not-later", message, help, event.position)
