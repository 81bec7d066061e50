"""The first setup on the pages: which steps a new shop's owner has gone through, and whether it is over."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from dangol.core.people.models import Setup
from dangol.core.storage.transactions import require_write_transaction, write_transaction


class SetupState(StrEnum):
    """Where the first setup stands."""

    WAITING = "waiting"
    BEGUN = "begun"
    SKIPPED = "skipped"
    DONE = "done"


class Step(StrEnum):
    """The steps, in their order."""

    PLACE = "place"
    BRAND = "brand"
    KIND = "kind"
    MAIL = "mail"
    DATA = "data"


class SetupView(NamedTuple):
    """Where the first setup stands, and which steps were gone through."""

    state: SetupState
    steps: Sequence[Step]

    @property
    def next(self) -> Step | None:
        """The first step nobody has gone through; None after all."""
        return next((one for one in Step if one not in self.steps), None)


# An older shop, and a sample, were never asked.
NEVER_ASKED = SetupView(SetupState.DONE, ())


def begin_setup(*, at: datetime) -> None:
    """Let the first setup wait for the owner of a new instance. Must be called in a write transaction."""
    require_write_transaction()
    Setup.objects.get_or_create(id=1, defaults={"state": SetupState.WAITING, "steps": "", "changed_at": at})


def find_setup() -> SetupView:
    """Return how far the first setup has come."""
    row = Setup.objects.filter(id=1).values_list("state", "steps").first()
    return SetupView(SetupState(row[0]), _read(row[1])) if row else NEVER_ASKED


def finish_step(step: Step, *, at: datetime) -> SetupView:
    """Note that a step was gone through; also in a shop that was never asked, or is done."""
    with write_transaction():
        before = _lock(at)
        steps = [one for one in Step if one in before.steps or one is step]
        is_over = before.state is SetupState.DONE
        return _write(SetupView(before.state if is_over else SetupState.BEGUN, steps), at)


def end_setup(state: SetupState, *, at: datetime) -> SetupView:
    """End the first setup as done, or skip it: whoever signs in is then led to the overview again."""
    assert state in (SetupState.SKIPPED, SetupState.DONE), "it ends by one of these"
    with write_transaction():
        return _write(SetupView(state, _lock(at).steps), at)


def _lock(at: datetime) -> SetupView:
    Setup.objects.get_or_create(id=1, defaults={"state": SetupState.DONE, "steps": "", "changed_at": at})
    row = Setup.objects.select_for_update().get(id=1)
    return SetupView(SetupState(row.state), _read(row.steps))


def _write(view: SetupView, at: datetime) -> SetupView:
    Setup.objects.filter(id=1).update(state=view.state, steps=",".join(view.steps), changed_at=at)
    return view


def _read(text: str) -> list[Step]:
    return [Step(one) for one in text.split(",") if one]
