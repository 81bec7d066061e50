"""Stamps: a value that the database itself renews with every change of some tables.

Whoever keeps what small tables say keeps their stamp with it, and reads it again, together with something
else, to know that nothing has changed. It is drawn anew each time, so that no two states share one, also
where a backup was restored.
"""

from typing import Any, TypeAlias

from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.ddl_references import Statement, Table
from django.db.models import BaseConstraint

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
_ACTS = ("INSERT", "UPDATE", "DELETE")

Model: TypeAlias = type[models.Model] | None
Editor: TypeAlias = BaseDatabaseSchemaEditor | None


class Stamped(BaseConstraint):
    """Declared among a model's constraints: a change of its rows renews the one row of the table `stamp`.

    That table has an `id`, which is 1, and a `stamp`, an id.
    """

    def __init__(self, *, stamp: str, name: str) -> None:
        super().__init__(name=name)
        self.stamp = stamp

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        path, args, kwargs = super().deconstruct()
        return path, tuple(args), kwargs | {"stamp": self.stamp}

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
        first, *others = [f"DROP TRIGGER {quote(f'{self.name}_{act.lower()}')}" for act in _ACTS]
        for statement in others:
            schema_editor.execute(statement)
        return first

    def _triggers(
        self, model: type[models.Model], schema_editor: BaseDatabaseSchemaEditor
    ) -> list[str | Statement]:
        quote = schema_editor.quote_name
        table, stamp, function = Table(model._meta.db_table, quote), quote(self.stamp), f"{self.stamp}_renew"
        if schema_editor.connection.vendor == "postgresql":
            return [
                _POSTGRES_FUNCTION % {"function": quote(function), "stamp": stamp},
                Statement(_POSTGRES_TRIGGER, name=quote(self.name), table=table, function=quote(function)),
            ]
        return [
            Statement(
                _SQLITE_TRIGGER, name=quote(f"{self.name}_{act.lower()}"), act=act, table=table, stamp=stamp
            )
            for act in _ACTS
        ]

    def validate(self, *args: Any, **kwargs: Any) -> None:
        """Leave it to the database, which stamps at the write itself."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Stamped) and self.deconstruct() == other.deconstruct()

    __hash__ = BaseConstraint.__hash__
