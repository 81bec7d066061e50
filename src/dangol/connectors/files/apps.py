"""The Django app."""

from django.apps import AppConfig


class FilesConfig(AppConfig):
    """Files from any retailer, in and out."""

    name = "dangol.connectors.files"
    label = "dg_files"
