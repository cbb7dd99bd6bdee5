"""tokenbooks, the open-source subledger for AI tokens.

The folders are the flow of data::

    sources/   text -> facts: the book, plans, credits, documents, exports
    usage/     quantities per contract, day, kept dimensions and meter
    rating/    usage x rate = charges, each with its explanation
    credits/   lots of credits, and which lot covers which charge
    entries/   what must be posted, and the journal entries that post it
    close/     the stages in order, for one period
    archive/   the written closes: reading them, writing them atomically
    journals/  entries as hledger/ledger or beancount text
    reports/   tables as values, and their renderers
    cli/       one thin command per file

``amounts``, ``periods``, ``problems``, ``names``, ``conditions``, ``book`` and
``documents`` are the vocabulary that all of them share.
"""

__version__ = "0.1.0"
