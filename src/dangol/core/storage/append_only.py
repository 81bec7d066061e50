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
# A row that may go is let go; the statement that changes or deletes any other is refused.
_POSTGRES_CONDITION = """
CREATE OR REPLACE FUNCTION %(function)s() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND (%(unless)s) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '%% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$
"""
_POSTGRES_ROW_TRIGGER = (
    "CREATE TRIGGER %(name)s BEFORE UPDATE OR DELETE ON %(table)s"
    " FOR EACH ROW EXECUTE FUNCTION %(function)s()"
)
_SQLITE_TRIGGER = (
    "CREATE TRIGGER %(name)s BEFORE %(act)s ON %(table)s%(when)s"
    " BEGIN SELECT RAISE(ABORT, '%(plain)s is append-only'); END"
)

Model: TypeAlias = type[models.Model] | None
Editor: TypeAlias = BaseDatabaseSchemaEditor | None


class AppendOnly(BaseConstraint):
    """Declared among a model's constraints: UPDATE and DELETE of its rows raise IntegrityError.

    Emptying a whole test database still works: PostgreSQL's TRUNCATE fires no such trigger, and
    our SQLite backend sets the triggers aside for `flush` alone.

    `unless` is a condition in SQL over the row (`OLD`), in words both databases know: a row for which it
    holds may be deleted, because its time is over. Changed may none be.
    """

    def __init__(self, *, name: str, unless: str = "") -> None:
        super().__init__(name=name)
        self.unless = unless

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        path, args, kwargs = super().deconstruct()
        return path, tuple(args), kwargs | ({"unless": self.unless} if self.unless else {})

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
            return self._postgres(quote(self.name), quote(f"{self.name}_refuse"), table)
        return [
            Statement(
                _SQLITE_TRIGGER,
                name=quote(f"{self.name}_{act.lower()}"),
                act=act,
                table=table,
                plain=model._meta.db_table,
                when=f" WHEN NOT ({self.unless})" if self.unless and act == "DELETE" else "",
            )
            for act in ("UPDATE", "DELETE")
        ]

    def _postgres(self, name: str, function: str, table: Table) -> list[str | Statement]:
        if not self.unless:
            return [_POSTGRES_FUNCTION, Statement(_POSTGRES_TRIGGER, name=name, table=table)]
        condition = _POSTGRES_CONDITION % {"function": function, "unless": self.unless}
        return [condition, Statement(_POSTGRES_ROW_TRIGGER, name=name, table=table, function=function)]

    def validate(self, *args: Any, **kwargs: Any) -> None:
        """Leave the refusal to the database, which makes it at the write itself."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AppendOnly) and self.deconstruct() == other.deconstruct()

    __hash__ = BaseConstraint.__hash__
