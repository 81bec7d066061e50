"""The Django app."""

from django.apps import AppConfig


class BehaviorConfig(AppConfig):
    """Events that sites and apps send, whom they are about, and what follows from them."""

    name = "dangol.core.behavior"
    label = "dg_behavior"
