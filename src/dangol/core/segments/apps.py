"""The Django app."""

from django.apps import AppConfig


class SegmentsConfig(AppConfig):
    """Traits of customers, and segments: saved conditions over traits and events, kept up to date."""

    name = "dangol.core.segments"
    label = "dg_segments"
