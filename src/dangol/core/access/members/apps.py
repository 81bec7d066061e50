"""The Django app."""

from django.apps import AppConfig


class MemberAccessConfig(AppConfig):
    """How members come in: one-time codes, links shown at the counter, and their sessions."""

    name = "dangol.core.access.members"
    label = "dg_member_access"
