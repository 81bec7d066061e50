"""The key store: a database of its own for the people's data keys.

Its backups are kept for a short time only, so that a destroyed key is gone for good and with it all that
was sealed under it, in every backup of the main database too.
"""

from typing import Any

from django.db import models

KEY_STORE = "keys"
_TABLES = "dg_key_"


def is_in_key_store(model: type[models.Model]) -> bool:
    """Say whether a model's table belongs to the key store: its name tells, in migrations as well."""
    return model._meta.db_table.startswith(_TABLES)


class KeyStoreRouter:
    """Keeps the key store's tables in the database `keys` and all others out of it."""

    def db_for_read(self, model: type[models.Model], **hints: Any) -> str | None:
        """Send the key store's models to their database and have no opinion on others."""
        return KEY_STORE if is_in_key_store(model) else None

    db_for_write = db_for_read

    def allow_migrate(self, db: str, app_label: str, model_name: str | None = None, **hints: Any) -> bool:
        """Let each table be made in its own database only; a step without a model runs on the main one."""
        model = hints.get("model")
        return (db == KEY_STORE) == (model is not None and is_in_key_store(model))
