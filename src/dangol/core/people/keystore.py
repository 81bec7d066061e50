"""The people's data keys, in a database of their own."""

from typing import Any


class KeyStoreRouter:
    """Keeps the key store's tables in the database `keys` and all others out of it."""

    def _alias(self, model: Any) -> str | None:
        return "keys" if getattr(model, "in_key_store", False) else None

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        return self._alias(model)

    def db_for_write(self, model: Any, **hints: Any) -> str | None:
        return self._alias(model)

    def allow_migrate(
        self, db: str, app_label: str, model_name: str | None = None, **hints: Any
    ) -> bool:
        return (db == "keys") == bool(hints.get("in_key_store"))
