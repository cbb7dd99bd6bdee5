"""What a plan says of credits, in words, with quantities as the plan writes them."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from tokenbooks.amounts import exact_text, number_text
from tokenbooks.rating.credit_terms import (
    BILL,
    BonusTerms,
    RecurringGrant,
    ReloadTerms,
    RolloverTerms,
)
from tokenbooks.rating.plan import Credit


def rollover_words(terms: RolloverTerms, credit: Credit | None) -> str:
    """What of a lot lives on at its end."""
    text = f"{number_text(terms.share)}% of what is left rolls over"
    text += f", at least {_credits(terms.minimum, credit)}" if terms.minimum else ""
    text += f", at most {_credits(terms.maximum, credit)}" if terms.maximum is not None else ""
    if terms.at_most is not None:
        text += f", all together at most {_credits(terms.at_most, credit)}"
    text += f", for {terms.expires}" if terms.expires else ", for as long as before"
    return text + (", again and again" if terms.again else ", once")


def bonus_words(terms: BonusTerms, credit: Credit | None) -> str:
    """What comes on top of a purchase."""
    size = f" of {_credits(terms.from_credits, credit)} or more" if terms.from_credits else ""
    lasts = f", for {terms.expires}" if terms.expires else ""
    return f"{number_text(terms.percent)}% on top of a purchase{size}{lasts}"


def recurring_words(grant: RecurringGrant, credit: Credit | None) -> str:
    """What comes again and again, and what it is good for."""
    text = f"{_credits(grant.credits, credit)} ({grant.kind}) every {grant.every}"
    text += f", counted from {grant.anchor}" if grant.anchor else ""
    text += f", for {grant.scope}" if grant.scope else ""
    text += f", priority {grant.priority}" if grant.priority is not None else ""
    text += f", usable for {grant.expires}" if grant.expires else ", usable until the next come"
    text += f", prorated by the {grant.prorate}" if grant.prorate else ""
    if grant.rollover is None:
        return text
    return f"{text}; {rollover_words(grant.rollover, credit)}"


def overage_words(overage: str) -> str:
    """What becomes of usage that no credits cover, where it does not wait for the next."""
    if overage == BILL:
        return "usage beyond the credits is invoiced"
    return "usage stops where the credits end; more should not have happened"


def reload_words(terms: ReloadTerms, credit: Credit | None) -> str:
    """When a reload fires, and what it buys."""
    when = "below" if terms.below else "at or below"
    text = f"{when} {_credits(terms.at, credit)} it "
    if terms.add is not None:
        text += f"adds {_credits(terms.add, credit)}"
        text += ", as many times as it takes" if terms.packs else ""
    elif terms.up_to is not None:
        text += f"fills up to {_credits(terms.up_to, credit)}"
    text += f", at least {_credits(terms.at_least, credit)}" if terms.at_least else ""
    text += f", at most {_credits(terms.at_most, credit)} a month" if terms.at_most else ""
    return f"{text}; receipts within {terms.within} day{'' if terms.within == 1 else 's'}"


def _credits(value: Decimal, credit: Credit | None) -> str:
    """A list value as the plan writes it: in credits, or as an amount of money."""
    if credit is None:
        return number_text(value)
    quantity = Fraction(value) / Fraction(credit.worth)
    return f"{exact_text(quantity)} {credit.name}{'' if quantity == 1 else 's'}"
