"""The Django app."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """Accounts, transfers, entries and lots: double entry, append-only."""

    name = "dangol.core.ledger"
    label = "dg_ledger"
