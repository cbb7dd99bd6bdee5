"""Explaining the VAT of vouchers that falls due on use: what is used is revenue and tax."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from tokenbooks.close.explanation import EntryExplanation, SumLine
from tokenbooks.entries.posted import Destination
from tokenbooks.entries.sell.voucher_tax import VAT, tax_share

ZERO = Decimal(0)


def split_off_tax(told: EntryExplanation) -> None:
    """Tell the tax apart in sums and draws that credits with tax on use are behind."""
    tags = dict(told.entry.tags)
    contract = told.facts.book.contracts[tags["contract"]]
    share = tax_share(contract)
    if not share or not told.draws:
        return
    of_credits = sum((line.from_credits for line in told.sums), Fraction(0))
    told.sums = tuple(
        replace(line, from_credits=line.from_credits * (1 - share)) for line in told.sums
    )
    role = contract.own_role(VAT)
    posted = -sum((p.amount for p in told.postings if p.role == role), ZERO)
    if posted:
        account = told.facts.book.account(VAT, contract)
        to = Destination(VAT, "", "")
        told.sums += (SumLine(account, to, of_credits * share, Fraction(0), posted),)
    taxes = {
        line.unit: amount
        for line, amount in told.close.changes.items()
        if (line.rule, line.contract, line.role) == ("consumption", contract.id, VAT)
        and line.service == tags["service-period"]
    }
    told.draws = tuple(
        replace(draw, posted=draw.posted + taxes.get(draw.lot.id, ZERO)) for draw in told.draws
    )
