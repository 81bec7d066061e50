"""The Django app."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """The HTTP API and the answers it has given."""

    name = "dangol.api"
    label = "dg_api"
