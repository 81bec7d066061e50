"""The timeline's Django app."""

from django.apps import AppConfig


class EventsConfig(AppConfig):
    """What happened, once each, in order."""

    name = "dangol.core.events"
    label = "dg_events"
