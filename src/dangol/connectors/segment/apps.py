"""The Django app."""

from django.apps import AppConfig


class SegmentConfig(AppConfig):
    """What Segment's clients send."""

    name = "dangol.connectors.segment"
    label = "dg_segment"
