"""The Django app."""

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    """Telling other programs what happened, and taking in what they tell, once each."""

    name = "dangol.core.events.webhooks"
    label = "dg_webhooks"
