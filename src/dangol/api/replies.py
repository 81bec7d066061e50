"""Replies: what an operation answers, as bytes that can be kept and sent again."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, NamedTuple

from django.http import HttpResponse
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    field_validator,
)
from pydantic_core import PydanticCustomError

from dangol.domain.calendars import EARLIEST, LATEST

MEDIA_TYPE = "application/json"
MOST_A_PAGE = 200


def _in_utc(at: datetime) -> datetime:
    if at < EARLIEST:
        raise PydanticCustomError("instant_too_early", "before 1900")
    if at >= LATEST:
        raise PydanticCustomError("instant_too_late", "after 8999")
    return at.astimezone(UTC)


def _shown(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


# An instant as it is sent, and as it comes in: with its offset.
Instant = Annotated[datetime, PlainSerializer(_shown, return_type=str, when_used="json")]
GivenInstant = Annotated[AwareDatetime, AfterValidator(_in_utc)]
Limit = Annotated[int, Field(ge=1, le=MOST_A_PAGE)]


class Given(BaseModel):
    """What comes in. A field nobody knows is refused: it was meant for something."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    @field_validator("*", mode="before")
    @classmethod
    def _holds_no_nul(cls, value: Any) -> Any:
        """PostgreSQL can store no text with the sign NUL, and nobody means one."""
        if any(isinstance(one, str) and "\0" in one for one in _texts(value)):
            raise PydanticCustomError("nul_in_text", "NUL in a text")
        return value


def _texts(value: Any) -> Iterable[Any]:
    """Return a field's own texts; those of objects in a list are their fields' matter."""
    if isinstance(value, dict):
        return [*value.keys(), *value.values()]
    return value if isinstance(value, list) else [value]


class Shown(BaseModel):
    """What goes out."""


class Reply(NamedTuple):
    """An answer with its status and further headers."""

    body: Shown
    status: int = 200
    headers: Mapping[str, str] = {}
    # It is shown this once, so that nothing that is kept may hold it in the clear.
    holds_secret: bool = False

    @property
    def text(self) -> bytes:
        """The body as JSON."""
        return self.body.model_dump_json().encode()

    def respond(self) -> HttpResponse:
        """Return the answer as a response."""
        return HttpResponse(
            self.text, status=self.status, content_type=MEDIA_TYPE, headers=dict(self.headers)
        )


def show(body: Shown) -> HttpResponse:
    """Return a body as the response to a question."""
    return Reply(body).respond()
