"""The API's own description: OpenAPI 3.1, with what every operation has in common written into each."""

from collections.abc import Iterator
from typing import Any

from ninja import NinjaAPI, Schema

from dangol.api.caller import Needs
from dangol.api.conditions import condition_schemas, with_conditions

PROBLEM = "Problem"
_PROBLEM_REF = {"application/problem+json": {"schema": {"$ref": f"#/components/schemas/{PROBLEM}"}}}
# What any operation may answer beside its own; further ones go with reading, writing and addresses.
_ALWAYS = {
    "400": "The request cannot be read, or a header is wrong.",
    "401": "The key is missing, unknown, expired or revoked.",
    "403": "The key has not the right this needs.",
    "404": "What the address names is not there.",
    "422": "A field is missing, unknown or wrong; `param` names it.",
    "429": "Too many requests; come again after `Retry-After` seconds.",
    "500": "Something broke; nothing was changed.",
    "503": "Busy; come again after `Retry-After` seconds.",
}
_SENDING = {
    "409": "The state of things forbids it, or the same key is in flight.",
    "413": "The body is too long.",
}
_HEADERS = {
    "RateLimit-Limit": "Requests this key may send in its window.",
    "RateLimit-Remaining": "How many of them are left.",
    "RateLimit-Reset": "Seconds until all of them are there again.",
    "Retry-After": "Seconds after which to come again.",
}
_RATE = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
_WAITING = {"429": ("Retry-After",), "503": ("Retry-After",)}
# What is asked by a POST, since it takes a body: it writes nothing.
ASKS = frozenset({"/api/v1/segments/preview", "/api/v1/checkout/evaluate", "/api/v1/gift-cards/look-up"})
_CLOCK = {
    "name": "Dangol-Clock",
    "in": "header",
    "required": False,
    "description": "Test keys only: the instant at which this happens, with all that is due by then.",
    "schema": {"type": "string", "format": "date-time"},
}
_DRY_RUN = {
    "name": "dry_run",
    "in": "query",
    "required": False,
    "description": "Do all of it, answer, and take it back.",
    "schema": {"type": "boolean"},
}


class ProblemView(Schema):
    """A refusal (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    param: str | None
    message: dict[str, str]
    data: dict[str, Any]
    request_id: str
    errors: list[dict[str, Any]] | None = None


def build_document(api: NinjaAPI) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document."""
    document: dict[str, Any] = dict(api.get_openapi_schema(path_prefix="/api/v1/"))
    document["openapi"] = "3.1.0"
    document["servers"] = [{"url": "/"}]
    document["components"]["schemas"][PROBLEM] = ProblemView.model_json_schema()
    rights = dict(rights_by_operation(api))
    document["components"]["schemas"] |= condition_schemas()
    document["components"]["headers"] = {
        name: {"description": meaning, "required": True, "schema": {"type": "integer"}}
        for name, meaning in _HEADERS.items()
    }
    for address, operations in document["paths"].items():
        for method, operation in operations.items():
            _complete(operation, method, rights[method.upper(), address], writes=_writes(method, address))
    described: dict[str, Any] = with_conditions(document)
    return described


def rights_by_operation(api: NinjaAPI) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield what each operation (method, address) needs; every one of them says so."""
    for _prefix, router in api._routers:
        for path, view in router.path_operations.items():
            for operation in view.operations:
                (needs,) = operation.auth_callbacks
                assert isinstance(needs, Needs), f"{path} says not what it needs"
                for method in operation.methods:
                    yield (method, f"/api/v1{path}"), str(needs.right)


def _writes(method: str, address: str) -> bool:
    return method != "get" and address not in ASKS


def _complete(operation: dict[str, Any], method: str, right: str, *, writes: bool) -> None:
    operation["x-right"] = right
    responses = operation["responses"]
    names_itself = operation.pop("x-names-itself", False)
    for status, meaning in (_ALWAYS | (_SENDING if method != "get" else {})).items():
        responses[status] = {"description": meaning, "content": _PROBLEM_REF}
    for status, response in responses.items():
        if names := _RATE if str(status).startswith("2") else _WAITING.get(status, ()):
            response["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
    parameters = operation.setdefault("parameters", [])
    parameters.append(_CLOCK)
    if writes and not names_itself:
        parameters.append(_DRY_RUN)
        parameters.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": method == "post",
                "description": "Names this request for good: sent again, it is answered as before.",
                "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
            }
        )
