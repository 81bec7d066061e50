"""Referrals: programs, members' codes, and the friends who tell one."""

from collections.abc import Iterator
from typing import Any, NamedTuple, Unpack

from dangol_client.referral_answers import MemberReferral, Referral, ReferralProgram, ReferralStep
from dangol_client.sending import Sending, Wire, place


class ReferralPromiseDraft(NamedTuple):
    """What one side is to get: `points` or `stamps` (`amount`), of `target` a code or stamps."""

    kind: str = "none"
    amount: int | None = None
    target: str | None = None
    cost_minor: int = 0


class ReferralProgramDraft(NamedTuple):
    """A program as it is to be; of a limit None says that there is none."""

    name_ko: str
    referrer: ReferralPromiseDraft = ReferralPromiseDraft()
    friend: ReferralPromiseDraft = ReferralPromiseDraft()
    name_en: str = ""
    about_ko: str = ""
    about_en: str = ""
    earned_by: str = "order"
    nth: int = 1
    least_minor: int = 0
    within_days: int = 90
    wait_days: int = 14
    tell_days: int = 7
    only_new: bool = True
    on_return: str = "take_back"
    is_early: bool = False
    cap_month: int | None = None
    cap_year: int | None = None
    cap_ever: int | None = None
    most_count: int | None = None
    budget_minor: int | None = None

    def body(self) -> dict[str, Any]:
        """Return it as it is sent."""
        return self._asdict() | {"referrer": self.referrer._asdict(), "friend": self.friend._asdict()}


class ReferralCalls:
    """Referral programs, and who brings whom."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def programs(self, *, archived: bool = False) -> Iterator[ReferralProgram]:
        """Go through the program that takes friends now, or through those that are archived."""
        asked = {"archived": "true"} if archived else {}
        return self._wire.pages("/referral-programs", ReferralProgram, asked)

    def get_program(self, program: str) -> ReferralProgram:
        """Return a program with its figures."""
        return self._wire.read(_of(program), ReferralProgram)

    def create(self, draft: ReferralProgramDraft, **sending: Unpack[Sending]) -> ReferralProgram:
        """Make a program, which takes friends from now on."""
        return self._wire.write("/referral-programs", draft.body(), ReferralProgram, sending)

    def change(
        self, program: str, draft: ReferralProgramDraft, *, revision: int, **sending: Unpack[Sending]
    ) -> ReferralProgram:
        """Let a program be as drafted, if it is still at the revision you have seen."""
        body = {**draft.body(), "revision": revision}
        return self._wire.write(_of(program), body, ReferralProgram, sending, method="PUT")

    def archive(self, program: str, **sending: Unpack[Sending]) -> ReferralProgram:
        """Take no friends any more."""
        return self._wire.write(f"{_of(program)}/archive", None, ReferralProgram, sending)

    def restore(self, program: str, **sending: Unpack[Sending]) -> ReferralProgram:
        """Take friends again."""
        return self._wire.write(f"{_of(program)}/restore", None, ReferralProgram, sending)

    def of_member(self, member: str) -> MemberReferral:
        """Return a member's side: code and link, friends, what the caps leave."""
        return self._wire.read(place("/members/{member}/referral", member=member), MemberReferral)

    def make_code(self, member: str, **sending: Unpack[Sending]) -> MemberReferral:
        """Make a member's code; after the first time it is always the same."""
        path = place("/members/{member}/referral/code", member=member)
        return self._wire.write(path, None, MemberReferral, sending)

    def friends(self, member: str, *, page_size: int | None = None) -> Iterator[Referral]:
        """Go through the referrals of friends who came by a member's code, the latest first."""
        path = place("/members/{member}/referral/friends", member=member)
        return self._wire.pages(path, Referral, {"limit": page_size})

    def tell(
        self,
        member: str,
        code: str,
        *,
        typed_by: str = "staff",
        device: str = "",
        address: str = "",
        store: str | None = None,
        **sending: Unpack[Sending],
    ) -> Referral:
        """Note by whose code a member came, once and for good."""
        body = {"code": code, "typed_by": typed_by, "device": device, "address": address, "store": store}
        path = place("/members/{member}/referral/friend", member=member)
        return self._wire.write(path, body, Referral, sending)

    def list(self, *, state: str | None = None, page_size: int | None = None) -> Iterator[Referral]:
        """Go through referrals, the latest first; `review` are those that a person has to look at."""
        return self._wire.pages("/referrals", Referral, {"state": state, "limit": page_size})

    def get(self, referral: str) -> Referral:
        """Return a referral."""
        return self._wire.read(place("/referrals/{referral}", referral=referral), Referral)

    def history(self, referral: str) -> Iterator[ReferralStep]:
        """Go through all that happened to a referral, earliest first."""
        return self._wire.pages(place("/referrals/{referral}/history", referral=referral), ReferralStep, {})

    def decide(self, referral: str, *, approved: bool, reason: str, **sending: Unpack[Sending]) -> Referral:
        """Say of a suspicious referral whether it is one."""
        path = place("/referrals/{referral}/decide", referral=referral)
        return self._wire.write(path, {"approved": approved, "reason": reason}, Referral, sending)


def _of(program: str) -> str:
    return place("/referral-programs/{program}", program=program)
