"""Tables with a composite key whose rows are too wide to lie in that key's order."""

from typing import Any

from django.db import models
from django.db.models import BaseConstraint


class Heap(BaseConstraint):
    """Declared among a model's constraints: on SQLite its rows lie in the order in which they came.

    Else a table with a composite key lies in that key's order there, where a page's place in the tree holds
    whole rows: of wide ones a handful, so that the tree is deep, half empty, and written all over. PostgreSQL
    knows nothing but heaps.
    """

    def constraint_sql(self, model: type[models.Model] | None, schema_editor: Any) -> str:
        return ""

    def create_sql(self, model: type[models.Model] | None, schema_editor: Any) -> str:
        return ""

    def remove_sql(self, model: type[models.Model] | None, schema_editor: Any) -> str:
        return ""

    def validate(self, *args: Any, **kwargs: Any) -> None:
        """Hold nothing: it says where rows lie, not what they are."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Heap) and self.deconstruct() == other.deconstruct()

    __hash__ = BaseConstraint.__hash__


def is_heap(model: type[models.Model]) -> bool:
    """Say whether a model's table is declared to be one."""
    return any(isinstance(one, Heap) for one in model._meta.constraints)
