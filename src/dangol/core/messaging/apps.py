"""The Django app."""

from django.apps import AppConfig


class MessagingConfig(AppConfig):
    """Messages to members and staff: the outbox, its attempts, and the ways out."""

    name = "dangol.core.messaging"
    label = "dg_messaging"
