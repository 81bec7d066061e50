"""Stamp cards: programs, and members' stamps."""

from collections.abc import Iterator
from typing import Any, NamedTuple, Unpack

from dangol_client.sending import Sending, Wire, place
from dangol_client.stamp_answers import StampCard, StampMove, StampProgram, StampStanding, StampStandings


class StampProgramDraft(NamedTuple):
    """A program as it is to be. A full card gives `points`, or of `target` a code or a reward."""

    name_ko: str
    size: int
    gives: str = "points"
    points: int | None = None
    target: str | None = None
    name_en: str = ""
    about_ko: str = ""
    about_en: str = ""
    carries_over: bool = True
    valid_days: int | None = None
    on_return: str = "take_back"

    def body(self) -> dict[str, Any]:
        """Return it as it is sent."""
        return self._asdict()


class StampCalls:
    """Programs of stamp cards, and how members' stamps come and go."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def programs(self, *, archived: bool = False) -> Iterator[StampProgram]:
        """Go through the programs, the newest first, or through those that are archived."""
        return self._wire.pages("/stamp-programs", StampProgram, {"archived": "true"} if archived else {})

    def get(self, program: str) -> StampProgram:
        """Return a program."""
        return self._wire.read(_of(program), StampProgram)

    def create(self, key: str, draft: StampProgramDraft, **sending: Unpack[Sending]) -> StampProgram:
        """Make a program; promotions name it by its key."""
        return self._wire.write("/stamp-programs", {**draft.body(), "key": key}, StampProgram, sending)

    def change(
        self, program: str, draft: StampProgramDraft, *, revision: int, **sending: Unpack[Sending]
    ) -> StampProgram:
        """Let a program be as drafted, if it is still at the revision you have seen."""
        body = {**draft.body(), "revision": revision}
        return self._wire.write(_of(program), body, StampProgram, sending, method="PUT")

    def archive(self, program: str, **sending: Unpack[Sending]) -> StampProgram:
        """Take no stamps any more."""
        return self._wire.write(f"{_of(program)}/archive", None, StampProgram, sending)

    def restore(self, program: str, **sending: Unpack[Sending]) -> StampProgram:
        """Take stamps again."""
        return self._wire.write(f"{_of(program)}/restore", None, StampProgram, sending)

    def waiting(self, program: str) -> Iterator[StampCard]:
        """Go through full cards whose reward still waits, the longest first."""
        return self._wire.pages(f"{_of(program)}/waiting", StampCard, {})

    def standings(self, member: str) -> Iterator[StampStanding]:
        """Go through the programs a member may collect in, and where they stand."""
        return self._wire.pages(place("/members/{member}/stamps", member=member), StampStanding, {})

    def cards(self, member: str) -> Iterator[StampCard]:
        """Go through a member's latest cards."""
        return self._wire.pages(place("/members/{member}/stamp-cards", member=member), StampCard, {})

    def moves(self, member: str, *, page_size: int | None = None) -> Iterator[StampMove]:
        """Go through how a member's stamps came and went, the latest first."""
        path = place("/members/{member}/stamp-moves", member=member)
        return self._wire.pages(path, StampMove, {"limit": page_size})

    def add(
        self,
        member: str,
        program: str,
        count: int,
        reason: str,
        *,
        store: str | None = None,
        **sending: Unpack[Sending],
    ) -> StampMove:
        """Lay stamps on a member's card by hand."""
        body = {"program": program, "count": count, "reason": reason, "store": store}
        return self._wire.write(place("/members/{member}/stamps", member=member), body, StampMove, sending)

    def take(
        self,
        member: str,
        program: str,
        count: int,
        reason: str,
        *,
        store: str | None = None,
        **sending: Unpack[Sending],
    ) -> StampMove:
        """Take the latest stamps off a member's open card."""
        body = {"program": program, "count": count, "reason": reason, "store": store}
        path = place("/members/{member}/stamps/take", member=member)
        return self._wire.write(path, body, StampMove, sending)

    def undo(self, member: str, move: str, reason: str, **sending: Unpack[Sending]) -> StampMove:
        """Take back what stamps given by hand have left."""
        path = place("/members/{member}/stamps/{move}/undo", member=member, move=move)
        return self._wire.write(path, {"reason": reason}, StampMove, sending)

    def give(self, member: str, program: str, **sending: Unpack[Sending]) -> list[StampStanding]:
        """Try again to give what a member's full cards give; returns where they stand then."""
        path = place("/members/{member}/stamp-programs/{program}/give", member=member, program=program)
        return self._wire.write(path, None, StampStandings, sending).data


def _of(program: str) -> str:
    return place("/stamp-programs/{program}", program=program)
