"""The balances that a provider displays, tied to the lots."""
