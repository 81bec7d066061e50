"""The Django app."""

from django.apps import AppConfig


class ProjectConfig(AppConfig):
    """Settings, the clock, and the lists that join the rooms."""

    name = "dangol.project"
    label = "dg_project"
