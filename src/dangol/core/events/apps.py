"""The timeline's Django app."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class EventsConfig(AppConfig):
    """What happened, once each, in order."""

    name = "dangol.core.events"
    label = "dg_events"

    def ready(self) -> None:
        """Import each installed app's `events.py`, so that every event can be read wherever Django runs."""
        autodiscover_modules("events")
