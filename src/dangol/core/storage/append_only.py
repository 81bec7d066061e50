"""Tables whose rows are written once: the database itself refuses to change or delete them."""

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.ddl_references import Statement, Table

from dangol.core.storage.triggers import TriggerConstraint

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


class AppendOnly(TriggerConstraint):
    """Declared among a model's constraints: UPDATE and DELETE of its rows raise IntegrityError.

    Emptying a whole test database still works: PostgreSQL's TRUNCATE fires no such trigger, and
    our SQLite backend sets the triggers aside for `flush` alone.

    `unless` is a condition in SQL over the row (`OLD`), in words both databases know: a row for which it
    holds may be deleted, because its time is over. Changed may none be.
    """

    ACTS = ("UPDATE", "DELETE")

    def __init__(self, *, name: str, unless: str = "") -> None:
        super().__init__(name=name)
        self.unless = unless

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        path, args, kwargs = super().deconstruct()
        return path, tuple(args), kwargs | ({"unless": self.unless} if self.unless else {})

    def postgres_triggers(self, table: Table, editor: BaseDatabaseSchemaEditor) -> list[str | Statement]:
        name, function = editor.quote_name(self.name), editor.quote_name(f"{self.name}_refuse")
        if not self.unless:
            return [_POSTGRES_FUNCTION, Statement(_POSTGRES_TRIGGER, name=name, table=table)]
        condition = _POSTGRES_CONDITION % {"function": function, "unless": self.unless}
        return [condition, Statement(_POSTGRES_ROW_TRIGGER, name=name, table=table, function=function)]

    def sqlite_trigger(
        self, name: str, act: str, table: Table, editor: BaseDatabaseSchemaEditor
    ) -> Statement:
        when = f" WHEN NOT ({self.unless})" if self.unless and act == "DELETE" else ""
        return Statement(_SQLITE_TRIGGER, name=name, act=act, table=table, plain=table.table, when=when)
