"""Tables whose rows are written once: the database itself refuses to change or delete them."""

from typing import Any, TypeAlias

from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.ddl_references import Statement, Table
from django.db.models import BaseConstraint

_POSTGRES_FUNCTION = """
CREATE OR REPLACE FUNCTION dg_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$
"""
_POSTGRES_TRIGGER = (
    "CREATE TRIGGER %(name)s BEFORE UPDATE OR DELETE ON %(table)s"
    " FOR EACH STATEMENT EXECUTE FUNCTION dg_refuse_change()"
)
_SQLITE_TRIGGER = (
    "CREATE TRIGGER %(name)s BEFORE %(act)s ON %(table)s"
    " BEGIN SELECT RAISE(ABORT, '%(plain)s is append-only'); END"
)

Model: TypeAlias = type[models.Model] | None
Editor: TypeAlias = BaseDatabaseSchemaEditor | None


class AppendOnly(BaseConstraint):
    """Declared among a model's constraints: UPDATE and DELETE of its rows raise IntegrityError.

    Emptying a whole test database still works: PostgreSQL's TRUNCATE fires no such trigger, and
    our SQLite backend sets the triggers aside for `flush` alone.
    """

    def constraint_sql(self, model: Model, schema_editor: Editor) -> str:
        assert model is not None
        assert schema_editor is not None
        schema_editor.deferred_sql += self._triggers(model, schema_editor)
        return ""

    def create_sql(self, model: Model, schema_editor: Editor) -> str:
        assert model is not None
        assert schema_editor is not None
        first, *others = self._triggers(model, schema_editor)
        schema_editor.deferred_sql += others
        return str(first)

    def remove_sql(self, model: Model, schema_editor: Editor) -> str:
        assert model is not None
        assert schema_editor is not None
        quote = schema_editor.quote_name
        if schema_editor.connection.vendor == "postgresql":
            return f"DROP TRIGGER {quote(self.name)} ON {quote(model._meta.db_table)}"
        schema_editor.execute(f"DROP TRIGGER {quote(f'{self.name}_update')}")
        return f"DROP TRIGGER {quote(f'{self.name}_delete')}"

    def _triggers(
        self, model: type[models.Model], schema_editor: BaseDatabaseSchemaEditor
    ) -> list[str | Statement]:
        quote = schema_editor.quote_name
        table = Table(model._meta.db_table, quote)
        if schema_editor.connection.vendor == "postgresql":
            return [_POSTGRES_FUNCTION, Statement(_POSTGRES_TRIGGER, name=quote(self.name), table=table)]
        return [
            Statement(
                _SQLITE_TRIGGER,
                name=quote(f"{self.name}_{act.lower()}"),
                act=act,
                table=table,
                plain=model._meta.db_table,
            )
            for act in ("UPDATE", "DELETE")
        ]

    def validate(self, *args: Any, **kwargs: Any) -> None:
        """Leave the refusal to the database, which makes it at the write itself."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AppendOnly) and self.deconstruct() == other.deconstruct()

    __hash__ = BaseConstraint.__hash__
