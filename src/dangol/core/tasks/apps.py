"""The Django app."""

from django.apps import AppConfig


class TasksConfig(AppConfig):
    """Run now, later, again."""

    name = "dangol.core.tasks"
    label = "dg_tasks"
