"""Refusals: what a rule says no to, as data.

A refusal has a stable code and the facts it was decided on. It holds no sentence: the edges (pages, the
command line, the API) put it into the reader's language. Anything else that is raised is a bug.
"""

import re
from typing import Any, ClassVar

ERRORS: dict[str, type["DomainError"]] = {}
_CODE = re.compile(r"[a-z]+(?:_[a-z]+)*\.[a-z]+(?:_[a-z]+)*")


def _restore(kind: type["DomainError"], data: dict[str, Any]) -> "DomainError":
    return kind(**data)


class DomainError(Exception):
    """A refusal by a rule. A subclass declares its `code`, as `area.what_is_wrong`, once and for all.

    `data` holds plain values (numbers, words, ids as text) that explain the refusal. `retryable` says
    whether the same request may succeed later with nothing changed in it.
    """

    code: ClassVar[str]
    retryable: ClassVar[bool] = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        code = cls.__dict__.get("code")
        if code is None:
            return
        assert _CODE.fullmatch(code), f"{code!r} is not of the form area.what_is_wrong"
        assert code not in ERRORS, f"{code} is declared twice"
        ERRORS[code] = cls

    def __init__(self, **data: Any) -> None:
        super().__init__(data)
        self.data = data

    def __str__(self) -> str:
        facts = " ".join(f"{name}={value!r}" for name, value in self.data.items())
        return f"{self.code} {facts}".rstrip()

    def __reduce__(self) -> tuple[Any, ...]:
        """Cross a process boundary whole: an exception would else lose its named facts."""
        return _restore, (type(self), self.data)


class Malformed(DomainError):
    """The family of refusals that say the request itself cannot be meant, whatever the state of things."""


class NotFound(DomainError):
    """The family of refusals that say the thing asked for is not there."""
