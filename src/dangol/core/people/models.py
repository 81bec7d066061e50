"""Customers, members, identities, consent, staff and stores."""

from django.contrib.auth.models import AbstractUser


class Staff(AbstractUser):
    """Someone who works here and signs in. Customers are not users."""

    class Meta:
        db_table = "dg_staff"
