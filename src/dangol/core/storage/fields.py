"""Model fields the house shares."""

from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from django.core import exceptions
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.translation import gettext_lazy as _

from dangol.core.storage.ids import Id, show_id

if TYPE_CHECKING:
    Given = TypeVar("Given")
    Got = TypeVar("Got")

    class _Field(models.Field[Given, Got]):
        """Django's field, whose types are known to the type checker only."""
else:
    Given = Got = object

    class _Field(models.Field):
        """Django's field, that may be written as the type checker wants it."""

        def __class_getitem__(cls, types: object) -> type:
            return cls


class IdField(_Field[Given, Got]):
    """An id: 16 bytes on SQLite (Django's own UUIDField would take 32 characters), `uuid` on PostgreSQL."""

    _pyi_private_set_type: Id
    _pyi_private_get_type: Id

    description = _("식별자")
    empty_strings_allowed = False
    default_error_messages = {"invalid": _("‘%(value)s’은(는) 올바른 식별자가 아니에요.")}  # noqa: RUF012 - Django reads it so

    def get_internal_type(self) -> str:
        return "IdField"

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "uuid" if connection.vendor == "postgresql" else "blob"

    def rel_db_type(self, connection: BaseDatabaseWrapper) -> str:
        return self.db_type(connection)

    def to_python(self, value: Any) -> Id | None:
        """Accept an id, a UUID or its text; raises ValidationError for anything else."""
        if value is None or (isinstance(value, bytes) and len(value) == 16):
            return value
        try:
            return (value if isinstance(value, UUID) else UUID(str(value))).bytes
        except ValueError as error:
            raise exceptions.ValidationError(
                self.error_messages["invalid"], code="invalid", params={"value": value}
            ) from error

    def get_prep_value(self, value: Any) -> Id | None:
        return self.to_python(super().get_prep_value(value))

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:
        value = value if prepared else self.get_prep_value(value)
        if value is None:
            return None
        # The SQLite driver sends `bytes` through its adapter protocol, at a microsecond each; not these.
        return UUID(bytes=value) if connection.vendor == "postgresql" else bytearray(value)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Id | None:
        return value.bytes if isinstance(value, UUID) else value

    def value_to_string(self, obj: models.Model) -> str:
        value = self.value_from_object(obj)
        return "" if value is None else show_id(self.to_python(value) or b"")
