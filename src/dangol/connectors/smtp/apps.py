"""The Django app."""

from django.apps import AppConfig


class SmtpConfig(AppConfig):
    """Mail by SMTP: the words of what is refused are found through it."""

    name = "dangol.connectors.smtp"
    label = "dg_smtp"
