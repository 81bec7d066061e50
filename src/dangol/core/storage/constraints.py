"""Foreign keys that live in SQL only.

Django cannot point a ForeignKey at a composite primary key, and its own keys are deferrable, which
distributed PostgreSQL does not know. A `SqlForeignKey` is declared on the model, made by migrations
like any other constraint, and checked by the database at once.
"""

from collections.abc import Sequence
from typing import Any

from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.ddl_references import Statement
from django.db.models import BaseConstraint


class SqlForeignKey(BaseConstraint):
    """`fields` of this table must be found together as `to_fields` of the table of model `to`.

    `to` is written `app_label.Model`. On SQLite the constraint can only be part of CREATE TABLE.
    """

    def __init__(self, *, fields: Sequence[str], to: str, to_fields: Sequence[str], name: str) -> None:
        super().__init__(name=name)
        self.fields, self.to, self.to_fields = tuple(fields), to, tuple(to_fields)

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        path, args, kwargs = super().deconstruct()
        return path, args, kwargs | {"fields": self.fields, "to": self.to, "to_fields": self.to_fields}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SqlForeignKey) and self.deconstruct() == other.deconstruct()

    __hash__ = BaseConstraint.__hash__

    def _clause(self, model: type[models.Model], schema_editor: BaseDatabaseSchemaEditor) -> str:
        target = model._meta.apps.get_model(self.to)

        def columns(owner: type[models.Model], names: Sequence[str]) -> str:
            return ", ".join(
                schema_editor.quote_name(owner._meta.get_field(name).column) for name in names
            )

        return (
            f"CONSTRAINT {schema_editor.quote_name(self.name)}"
            f" FOREIGN KEY ({columns(model, self.fields)})"
            f" REFERENCES {schema_editor.quote_name(target._meta.db_table)}"
            f" ({columns(target, self.to_fields)})"
        )

    def constraint_sql(
        self, model: type[models.Model], schema_editor: BaseDatabaseSchemaEditor
    ) -> str:
        return self._clause(model, schema_editor)

    def create_sql(
        self, model: type[models.Model], schema_editor: BaseDatabaseSchemaEditor
    ) -> Statement | str:
        return f"ALTER TABLE {schema_editor.quote_name(model._meta.db_table)} ADD {self._clause(model, schema_editor)}"

    def remove_sql(
        self, model: type[models.Model], schema_editor: BaseDatabaseSchemaEditor
    ) -> Statement | str:
        return (
            f"ALTER TABLE {schema_editor.quote_name(model._meta.db_table)}"
            f" DROP CONSTRAINT {schema_editor.quote_name(self.name)}"
        )

    def validate(self, *args: Any, **kwargs: Any) -> None:
        """Leave the check to the database, which makes it at the write itself."""
