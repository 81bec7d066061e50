"""Foreign keys that live in SQL only.

Django cannot point a ForeignKey at a composite primary key, and its own keys are deferrable, which
distributed PostgreSQL does not know. A `SqlForeignKey` is declared on the model, made by migrations
like any other constraint, and checked by the database at once.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import BaseConstraint

Model: TypeAlias = type[models.Model] | None
Editor: TypeAlias = BaseDatabaseSchemaEditor | None


class SqlForeignKey(BaseConstraint):
    """`fields` of this table must be found together as `to_fields` of the table of model `to`.

    `to` is written `app_label.Model`. On SQLite the constraint can only be part of CREATE TABLE.
    """

    def __init__(self, *, fields: Sequence[str], to: str, to_fields: Sequence[str], name: str) -> None:
        super().__init__(name=name)
        self.fields, self.to, self.to_fields = tuple(fields), to, tuple(to_fields)

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        path, args, kwargs = super().deconstruct()
        return path, tuple(args), kwargs | {"fields": self.fields, "to": self.to, "to_fields": self.to_fields}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SqlForeignKey) and self.deconstruct() == other.deconstruct()

    __hash__ = BaseConstraint.__hash__

    def _clause(self, model: Model, schema_editor: Editor) -> tuple[str, str]:
        """Return the quoted table and the constraint's clause."""
        assert model is not None
        assert schema_editor is not None
        quote = schema_editor.quote_name

        def columns(owner: type[models.Model], names: Sequence[str]) -> str:
            found = (owner._meta.get_field(name) for name in names)
            return ", ".join(quote(str(field.column)) for field in found if isinstance(field, models.Field))

        target = model._meta.apps.get_model(self.to)
        return quote(model._meta.db_table), (
            f"CONSTRAINT {quote(self.name)} FOREIGN KEY ({columns(model, self.fields)})"
            f" REFERENCES {quote(target._meta.db_table)} ({columns(target, self.to_fields)})"
        )

    def constraint_sql(self, model: Model, schema_editor: Editor) -> str:
        return self._clause(model, schema_editor)[1]

    def create_sql(self, model: Model, schema_editor: Editor) -> str:
        table, clause = self._clause(model, schema_editor)
        return f"ALTER TABLE {table} ADD {clause}"

    def remove_sql(self, model: Model, schema_editor: Editor) -> str:
        assert model is not None
        assert schema_editor is not None
        quote = schema_editor.quote_name
        return f"ALTER TABLE {quote(model._meta.db_table)} DROP CONSTRAINT {quote(self.name)}"

    def validate(self, *args: Any, **kwargs: Any) -> None:
        """Leave the check to the database, which makes it at the write itself."""
