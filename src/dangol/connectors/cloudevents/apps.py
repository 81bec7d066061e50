"""The Django app."""

from django.apps import AppConfig


class CloudEventsConfig(AppConfig):
    """CloudEvents of other systems."""

    name = "dangol.connectors.cloudevents"
    label = "dg_cloudevents"
