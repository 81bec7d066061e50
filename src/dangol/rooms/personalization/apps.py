"""The Django app."""

from django.apps import AppConfig


class PersonalizationConfig(AppConfig):
    """What the models say of customers, refreshed each night and told as traits."""

    name = "dangol.rooms.personalization"
    label = "dg_personalization"
