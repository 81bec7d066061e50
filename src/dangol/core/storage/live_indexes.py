"""Indexes made and dropped on tables that are in use, as operations of a migration.

PostgreSQL then neither keeps writers waiting nor does it in a transaction, so the migration says
`atomic = False` and holds nothing else. An attempt that was cut short leaves an index that is never used;
the next one drops it and begins anew. SQLite has one writer at a time and does it the plain way.
"""

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations import AddIndex, RemoveIndex
from django.db.migrations.state import ProjectState
from django.db.models import Index, Model


def _drop(editor: BaseDatabaseSchemaEditor, name: str) -> None:
    editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {editor.quote_name(name)}")


def _add(editor: BaseDatabaseSchemaEditor, model: type[Model], index: Index) -> None:
    if editor.connection.vendor != "postgresql":
        editor.add_index(model, index)
        return
    _drop(editor, index.name)
    editor.add_index(model, index, concurrently=True)  # type: ignore[call-arg] # PostgreSQL's editor knows


def _remove(editor: BaseDatabaseSchemaEditor, model: type[Model], index: Index) -> None:
    if editor.connection.vendor != "postgresql":
        editor.remove_index(model, index)
        return
    _drop(editor, index.name)


def _index(state: ProjectState, app_label: str, model_name: str, name: str) -> Index:
    found: Index = state.models[app_label, model_name.lower()].get_index_by_name(name)
    return found


class AddIndexLive(AddIndex):
    """Make an index while others read and write the table."""

    atomic = False

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:  # fmt: skip
        model = to_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            _add(schema_editor, model, self.index)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:  # fmt: skip
        model = from_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            _remove(schema_editor, model, self.index)


class RemoveIndexLive(RemoveIndex):
    """Drop an index while others read and write the table."""

    atomic = False

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:  # fmt: skip
        model = from_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            _remove(schema_editor, model, _index(from_state, app_label, self.model_name, self.name))

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:  # fmt: skip
        model = to_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            _add(schema_editor, model, _index(to_state, app_label, self.model_name, self.name))
