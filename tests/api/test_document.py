"""The API's description: each name in it means one thing."""

from typing import Any

import pytest
from ninja.openapi.schema import OpenAPISchema

from dangol.api.documents import build_document
from dangol.api.urls import api


def test_document__schemas_of_one_name__are_one(monkeypatch: pytest.MonkeyPatch) -> None:
    told: dict[str, Any] = {}
    twice: set[str] = set()

    def add(self: OpenAPISchema, definitions: dict[str, Any]) -> None:
        twice.update(name for name, one in definitions.items() if told.setdefault(name, one) != one)
        self.schemas.update(definitions)

    monkeypatch.setattr(OpenAPISchema, "add_schema_definitions", add)
    build_document(api)

    assert told
    assert not twice
