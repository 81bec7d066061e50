"""The Django app."""

from importlib import import_module

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in


class WebConfig(AppConfig):
    """Pages."""

    name = "dangol.web"
    label = "dg_web"

    def ready(self) -> None:
        """Let every way of signing in open a session of ours (Django tells of each), and tell money ours."""
        import_module("dangol.web.facts_in_refusals").begin()
        user_logged_in.connect(import_module("dangol.web.sign_in.opening").open_session_for)
