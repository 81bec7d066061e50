"""The Django app."""

from django.apps import AppConfig


class OperationsConfig(AppConfig):
    """Running it: health, what the database tells of itself, proofs, backups and restores."""

    name = "dangol.core.operations"
    label = "dg_operations"
