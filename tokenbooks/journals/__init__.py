"""Entries as text that hledger, ledger and beancount accept.

Renderers are leaves: they compute no amount and repair no name. ``month`` says what
is rendered, ``ledger`` and ``beancount`` render it, ``dialects`` lists them.
"""
