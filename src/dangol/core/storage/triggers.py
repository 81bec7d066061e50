"""Constraints that are triggers: declared among a model's, made and dropped by its migrations."""

from typing import Any, ClassVar, TypeAlias

from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.ddl_references import Statement, Table
from django.db.models import BaseConstraint

Model: TypeAlias = type[models.Model] | None
Editor: TypeAlias = BaseDatabaseSchemaEditor | None


class TriggerConstraint(BaseConstraint):
    """What the database does by itself at each of the `ACTS` on a model's rows.

    PostgreSQL has one trigger for all acts, of the constraint's name; SQLite one for each, named after it
    too. A subclass writes them: `postgres_triggers` with the functions they call, and `sqlite_trigger`.
    """

    ACTS: ClassVar[tuple[str, ...]]

    def postgres_triggers(self, table: Table, editor: BaseDatabaseSchemaEditor) -> list[str | Statement]:
        """Return the statements that make the trigger, its function first."""
        raise NotImplementedError

    def sqlite_trigger(
        self, name: str, act: str, table: Table, editor: BaseDatabaseSchemaEditor
    ) -> Statement:
        """Return the statement that makes the trigger of an act, which has the given, quoted, name."""
        raise NotImplementedError

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
        *others, last = [f"DROP TRIGGER {quote(self._name_of(act))}" for act in self.ACTS]
        for statement in others:
            schema_editor.execute(statement)
        return last

    def validate(self, *args: Any, **kwargs: Any) -> None:
        """Leave it to the database, which acts at the write itself."""

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self.deconstruct() == other.deconstruct()

    __hash__ = BaseConstraint.__hash__

    def _name_of(self, act: str) -> str:
        return f"{self.name}_{act.lower()}"

    def _triggers(self, model: type[models.Model], editor: BaseDatabaseSchemaEditor) -> list[str | Statement]:
        table = Table(model._meta.db_table, editor.quote_name)
        if editor.connection.vendor == "postgresql":
            return self.postgres_triggers(table, editor)
        return [
            self.sqlite_trigger(editor.quote_name(self._name_of(act)), act, table, editor)
            for act in self.ACTS
        ]
