"""The Django app."""

from django.apps import AppConfig


class EventRulesConfig(AppConfig):
    """Rules by which events, birthdays and anniversaries earn points, and what they gave."""

    name = "dangol.rooms.rewards.event_rules"
    label = "dg_event_rules"
