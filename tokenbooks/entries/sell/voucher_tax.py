"""VAT of vouchers that are good for supplies of several rates: it falls due on use.

Rule: the price of a multi-purpose voucher includes a tax that is not known, and not owed,
before the customer uses it (VAT Directive art. 30b(2); ACCOUNTING 6.1, P024). What is used is
revenue without its tax; what is refunded, or never used, bears none.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from tokenbooks.amounts import round_half_up, share_out
from tokenbooks.book import Book, Contract
from tokenbooks.entries.posted import Destination, Line, Posted, add
from tokenbooks.entries.service import last_day_of

#: The kind of tax of a contract whose vouchers bear it on use.
ON_USE = "voucher_multi"

#: The payer's role of what the seller owes as output VAT.
VAT = "input_vat_recoverable"

#: What was used of a lot: of it in a service span, by destination.
_Used = dict[tuple[str, str, str], dict[str, dict[Destination, Decimal]]]


def with_tax_on_use(book: Book, posted: Posted, places: int) -> Posted:
    """Lines of the payer's view, with the tax that use of such vouchers includes.

    The tax of a lot is rounded over all that was used of it, so that 119.00 at 19% end at 19.00
    in however many months.
    """
    result = posted
    for (contract, party, lot), services in _used(book, posted).items():
        result = result if result is not posted else dict(posted)
        share = tax_share(book.contracts[contract])
        gross = tax = Decimal(0)
        for service in sorted(services, key=last_day_of):
            gross += sum(services[service].values(), Decimal(0))
            to_date = round_half_up(Fraction(gross) * share, places)
            unit = ("consumption", contract, party, lot, service)
            weights = {to: Fraction(amount) for to, amount in services[service].items()}
            for destination, part in share_out(to_date - tax, weights, places).items():
                add(result, Line(*unit, *destination), -part)
            add(result, Line(*unit, VAT), to_date - tax)
            tax = to_date
    return result


def tax_share(contract: Contract) -> Fraction:
    """What share of the price of used credits is tax that falls due with it; 19% give 19/119."""
    if not contract.sells or contract.tax_kind != ON_USE:
        return Fraction(0)
    rate = Fraction(contract.tax_rate or 0)
    return rate / (100 + rate)


def _used(book: Book, posted: Mapping[Line, Decimal]) -> _Used:
    """What was used of such vouchers, by lot, service span and destination."""
    taxed = {c.id for c in book.contracts.values() if c.sells and c.tax_kind == ON_USE}
    found: _Used = {}
    for line, amount in posted.items():
        if line.contract in taxed and line.rule == "consumption" and line.role != "prepaid_credits":
            services = found.setdefault((line.contract, line.party, line.unit), {})
            to = Destination(line.role, line.class_, line.cost_center)
            services.setdefault(line.service, {})[to] = amount
    return found
