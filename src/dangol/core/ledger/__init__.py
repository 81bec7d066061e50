"""Accounts, transfers, entries and lots: double entry, append-only."""
