"""Models as SQL sees them: their tables and columns, and how the values of a column travel."""

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

from django.db import connections, models, router
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.constants import LOOKUP_SEP

Row: TypeAlias = tuple[Any, ...]
Model: TypeAlias = type[models.Model]
if TYPE_CHECKING:
    Column: TypeAlias = models.Field[Any, Any]
else:
    Column = models.Field

# The kinds of values that are not handed to both drivers as they are, and PostgreSQL's types for them.
POSTGRES_TYPES = {
    "IdField": "uuid",
    "BinaryField": "bytea",
    "DateTimeField": "timestamptz",
    "DateField": "date",
}
PLAIN, TRUTH = "plain", "truth"


def connection_of(model: Model) -> BaseDatabaseWrapper:
    """Return the connection to the database of the model's table: the key store has one of its own."""
    return connections[_alias_of(model)]


@lru_cache(maxsize=512)
def vendor_of(model: Model) -> str:
    """Return which kind of database holds the model's table: `sqlite` or `postgresql`."""
    return connection_of(model).vendor


@lru_cache(maxsize=512)
def _alias_of(model: Model) -> str:
    return router.db_for_write(model)


def field_of(model: Model, name: str) -> Column:
    """Return the field of this name, which must be a column."""
    field = model._meta.get_field(name.split(LOOKUP_SEP)[0])
    assert isinstance(field, models.Field), f"{model.__name__}.{name} is no column"
    return field


def column_of(model: Model, name: str) -> str:
    """Return the name of the named field's column."""
    column = field_of(model, name).column
    assert column is not None, f"{model.__name__}.{name} is no column"
    return column


@lru_cache(maxsize=1_024)
def kinds_of(model: Model, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return how the named fields' values travel: by a kind of POSTGRES_TYPES, as TRUTH, or PLAIN."""
    return tuple([_kind(field_of(model, name)) for name in names])


def _kind(field: Column) -> str:
    kind = getattr(field, "target_field", field).get_internal_type()
    if kind in POSTGRES_TYPES:
        return str(kind)
    return TRUTH if isinstance(field, models.BooleanField) else PLAIN


def quoted(name: str) -> str:
    """Return a name of our own as both databases quote it."""
    return f'"{name}"'


def table(model: Model) -> str:
    """Return the model's quoted table name."""
    return quoted(model._meta.db_table)


def columns(model: Model, names: Sequence[str], prefix: str = "") -> str:
    """Return the quoted columns of the named fields, comma separated, each with `prefix`."""
    return _columns(model, tuple(names), prefix)


@lru_cache(maxsize=1_024)
def _columns(model: Model, names: tuple[str, ...], prefix: str) -> str:
    return ", ".join([prefix + quoted(column_of(model, name)) for name in names])
