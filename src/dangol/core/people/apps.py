"""The Django app."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """Customers, members, identities, consent, staff and stores."""

    name = "dangol.core.people"
    label = "dg_people"
