"""The Django app."""

from django.apps import AppConfig


class StoredValueConfig(AppConfig):
    """Gift cards and store credit, with the lots and movements of their money."""

    name = "dangol.rooms.rewards.stored_value"
    label = "dg_stored_value"
