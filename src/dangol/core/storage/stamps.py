"""Stamps: a value that the database itself renews with every change of some tables.

Whoever keeps what small tables say keeps their stamp with it, and reads it again, together with something
else, to know that nothing has changed. It is drawn anew each time, so that no two states share one, also
where a backup was restored.
"""

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.ddl_references import Statement, Table

from dangol.core.storage.triggers import TriggerConstraint

_POSTGRES_FUNCTION = """
CREATE OR REPLACE FUNCTION %(function)s() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO %(stamp)s (id, stamp) VALUES (1, gen_random_uuid())
    ON CONFLICT (id) DO UPDATE SET stamp = excluded.stamp;
    RETURN NULL;
END $$
"""
_POSTGRES_TRIGGER = (
    "CREATE TRIGGER %(name)s AFTER INSERT OR UPDATE OR DELETE ON %(table)s"
    " FOR EACH STATEMENT EXECUTE FUNCTION %(function)s()"
)
_SQLITE_TRIGGER = (
    "CREATE TRIGGER %(name)s AFTER %(act)s ON %(table)s BEGIN"
    " INSERT INTO %(stamp)s (id, stamp) VALUES (1, randomblob(16))"
    " ON CONFLICT (id) DO UPDATE SET stamp = excluded.stamp; END"
)


class Stamped(TriggerConstraint):
    """Declared among a model's constraints: a change of its rows renews the one row of the table `stamp`.

    That table has an `id`, which is 1, and a `stamp`, an id.
    """

    ACTS = ("INSERT", "UPDATE", "DELETE")

    def __init__(self, *, stamp: str, name: str) -> None:
        super().__init__(name=name)
        self.stamp = stamp

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        path, args, kwargs = super().deconstruct()
        return path, tuple(args), kwargs | {"stamp": self.stamp}

    def postgres_triggers(self, table: Table, editor: BaseDatabaseSchemaEditor) -> list[str | Statement]:
        quote = editor.quote_name
        function = quote(f"{self.stamp}_renew")
        return [
            _POSTGRES_FUNCTION % {"function": function, "stamp": quote(self.stamp)},
            Statement(_POSTGRES_TRIGGER, name=quote(self.name), table=table, function=function),
        ]

    def sqlite_trigger(
        self, name: str, act: str, table: Table, editor: BaseDatabaseSchemaEditor
    ) -> Statement:
        stamp = editor.quote_name(self.stamp)
        return Statement(_SQLITE_TRIGGER, name=name, act=act, table=table, stamp=stamp)
