"""The catalog: what an action is, and which there are.

A room declares its actions in its own `actions.py`; `project/actions.py` lists them all. Whoever wants
something done (a journey, a challenge, a member of staff) knows the action's name and payload only.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from importlib import import_module
from typing import Annotated, Any, Generic, NamedTuple, TypeVar

import msgspec
from django.conf import settings

from dangol.core.storage.ids import Id
from dangol.domain.errors import DomainError, NotFound


class UnknownAction(NotFound):
    """The catalog has no action of this name."""

    code = "actions.unknown"


class InvalidPayload(DomainError):
    """A payload that is not of the action's type; `problem` names the field and what is wrong with it."""

    code = "actions.invalid_payload"


# An instant in a payload: it names its zone, for what has none means another instant in every shop.
Instant = Annotated[datetime, msgspec.Meta(tz=True)]


class ActionPayload(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an action is asked to do. A subclass for each action."""


class ActionResult(msgspec.Struct, frozen=True, kw_only=True):
    """What an action has done, or would do. A subclass for each action."""


P = TypeVar("P", bound=ActionPayload)
R = TypeVar("R", bound=ActionResult)


@dataclass(frozen=True, slots=True)
class Call(Generic[P]):
    """One customer for whom an action is to be done, at an instant, under a key that names it for good."""

    customer_id: Id
    key: str
    at: datetime
    payload: P


@dataclass(frozen=True, slots=True)
class Action(Generic[P, R]):
    """Something that may be done to or for a customer.

    `perform` takes a batch of calls, at most one for each customer, inside the write transaction and
    with the customers locked, and answers each with its result or the refusal of a rule. It touches
    nothing but the database, and what it refuses it has not begun.
    """

    name: str
    payload: type[P]
    result: type[R]
    perform: Callable[[Sequence[Call[P]]], Sequence[R | DomainError]]

    @property
    def summary(self) -> str:
        """What the action does, in one line: its payload's own words."""
        return (self.payload.__doc__ or "").strip().splitlines()[0]

    def read(self, payload: P | dict[str, Any]) -> P:
        """Return the payload as the action's own type, its instants in UTC; raises InvalidPayload."""
        try:
            if not isinstance(payload, self.payload):
                payload = msgspec.convert(payload, self.payload)
            return _in_utc(payload)
        except (msgspec.ValidationError, OverflowError) as error:
            raise InvalidPayload(action=self.name, problem=str(error)) from error


def _in_utc(payload: P) -> P:
    """Return the payload with its instants in UTC: one instant is then stored and hashed in one way."""
    given = {name: getattr(payload, name) for name in payload.__struct_fields__}
    instants = {name: value for name, value in given.items() if isinstance(value, datetime)}
    for name, value in instants.items():
        if value.tzinfo is None:
            raise msgspec.ValidationError(f"Expected `datetime` with a timezone component - at `$.{name}`")
        instants[name] = value.astimezone(UTC)
    return msgspec.structs.replace(payload, **instants) if instants else payload


class ActionView(NamedTuple):
    """An action as documents and editors show it, with the JSON schemas of what goes in and comes out."""

    name: str
    summary: str
    payload_schema: dict[str, Any]
    result_schema: dict[str, Any]


@lru_cache(maxsize=1)
def _catalog() -> dict[str, Action[Any, Any]]:
    actions: list[Action[Any, Any]] = import_module(settings.ACTION_CATALOG).ACTIONS
    catalog = {action.name: action for action in actions}
    assert len(catalog) == len(actions), "two actions of one name"
    return catalog


def find_action(name: str) -> Action[Any, Any]:
    """Return the action of this name; raises UnknownAction."""
    action = _catalog().get(name)
    if action is None:
        raise UnknownAction(action=name, known=sorted(_catalog()))
    return action


def list_actions() -> list[ActionView]:
    """Return all actions by name."""
    return [
        ActionView(
            action.name,
            action.summary,
            msgspec.json.schema(action.payload),
            msgspec.json.schema(action.result),
        )
        for _, action in sorted(_catalog().items())
    ]
