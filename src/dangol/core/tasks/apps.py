"""The Django app."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class TasksConfig(AppConfig):
    """Run now, later, again."""

    name = "dangol.core.tasks"
    label = "dg_tasks"

    def ready(self) -> None:
        """Import each installed app's `tasks.py`, so that its tasks are known wherever Django runs."""
        autodiscover_modules("tasks")
