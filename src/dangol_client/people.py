"""Members and their points."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Unpack

from dangol_client.answers import Consents, Event, HistoryLine, Member, Points, Standing, Transfer
from dangol_client.drafts import ConsentDraft
from dangol_client.machine_answers import Approval, Confirmation
from dangol_client.sending import Sending, Wire, place


class MemberCalls:
    """Members. `member` is our id, or `external:…`, `email:…`, `phone:…`, `card:…`."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def create(
        self,
        *,
        external_id: str | None = None,
        email: str | None = None,
        phone: str | None = None,
        card: str | None = None,
        name: str | None = None,
        birthday: date | None = None,
        language: str | None = None,
        home_store: str | None = None,
        traits: Mapping[str, str | int | bool] | None = None,
        joined_at: datetime | None = None,
        guardian: Mapping[str, str] | None = None,
        consents: Sequence[ConsentDraft] = (),
        **sending: Unpack[Sending],
    ) -> Member:
        """Enroll a member, named by at least one of the first four. Refused: `people.identity_taken`.

        Below 14 a guardian has to consent: `{"name": …, "phone": …}`, of whom you have made sure.
        """
        body = {
            "external_id": external_id, "email": email, "phone": phone, "card": card, "name": name,
            "birthday": birthday, "language": language, "home_store": home_store, "traits": traits,
            "joined_at": joined_at, "guardian": guardian, "consents": list(consents),
        }  # fmt: skip
        return self._wire.write("/members", body, Member, sending)

    def each(self, *, page_size: int = 200) -> Iterator[Member]:
        """Go through the members, the latest joined first."""
        return self._wire.pages("/members", Member, {"limit": page_size})

    def get(self, member: str) -> Member:
        """Return a member."""
        return self._wire.read(place("/members/{member}", member=member), Member)

    def change(
        self,
        member: str,
        *,
        email: str | None = None,
        phone: str | None = None,
        card: str | None = None,
        name: str | None = None,
        birthday: date | None = None,
        language: str | None = None,
        home_store: str | None = None,
        traits: Mapping[str, str | int | bool | None] | None = None,
        guardian: Mapping[str, str] | None = None,
        **sending: Unpack[Sending],
    ) -> Member:
        """Store what is newly known of a member. A trait of None is taken away, any other None leaves it.

        A birthday below 14 needs a `guardian`, as `create` does, unless one has consented already.
        """
        body = {
            "email": email, "phone": phone, "card": card, "name": name, "birthday": birthday,
            "language": language, "home_store": home_store, "traits": traits, "guardian": guardian,
        }  # fmt: skip
        path = place("/members/{member}", member=member)
        return self._wire.write(path, body, Member, sending, method="PATCH")

    def timeline(self, member: str, *, page_size: int = 200) -> Iterator[Event]:
        """Go through what happened to a member, the latest first."""
        path = place("/members/{member}/timeline", member=member)
        return self._wire.pages(path, Event, {"limit": page_size})

    def tier(self, member: str) -> Standing:
        """Return where a member stands, and how far it is to the next tier and to keep this one."""
        return self._wire.read(place("/members/{member}/tier", member=member), Standing)

    def consents(self, member: str) -> Consents:
        """Return what a member agreed to, now and ever."""
        return self._wire.read(place("/members/{member}/consents", member=member), Consents)

    def give_consent(self, member: str, consent: ConsentDraft, **sending: Unpack[Sending]) -> Consents:
        """Record that a member agreed, or took it back."""
        body = {
            "channel": consent.channel, "purpose": consent.purpose, "granted": consent.granted,
            "wording": consent.wording, "source": consent.source, "at": consent.at,
        }  # fmt: skip
        return self._wire.write(place("/members/{member}/consents", member=member), body, Consents, sending)


class PointCalls:
    """A member's points: what there is, why, and the ways to move it.

    `currency` is a kind of points (`wallets`), the first program's where it is left out.
    """

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def get(self, member: str, *, currency: str | None = None) -> Points:
        """Return what a member has: to spend, pending, each lot, and what lapses next."""
        path = place("/members/{member}/points", member=member)
        return self._wire.read(path, Points, {"currency": currency})

    def history(
        self, member: str, *, currency: str | None = None, page_size: int = 200
    ) -> Iterator[HistoryLine]:
        """Go through how a member's points came and went, the latest first; each line answers why."""
        path = place("/members/{member}/points/history", member=member)
        return self._wire.pages(path, HistoryLine, {"limit": page_size, "currency": currency})

    def ask_confirmation(self, member: str, points: int, **sending: Unpack[Sending]) -> Confirmation:
        """Send the member a code for spending so many points, which they show at the counter."""
        path = place("/members/{member}/confirmations", member=member)
        return self._wire.write(path, {"points": points}, Confirmation, sending)

    def spend(
        self,
        member: str,
        points: int,
        reason: str,
        *,
        confirmation: str | None = None,
        currency: str | None = None,
        **sending: Unpack[Sending],
    ) -> Transfer:
        """Exchange points, soonest to lapse first; many of them with the code of `ask_confirmation`.

        Refused: `points.insufficient`, `member.confirmation_required`.
        """
        path = place("/members/{member}/points/spend", member=member)
        body = {"points": points, "reason": reason, "confirmation": confirmation, "currency": currency}
        return self._wire.write(path, body, Transfer, sending)

    def adjust(
        self,
        member: str,
        points: int,
        reason: str,
        *,
        expires_at: datetime | None = None,
        currency: str | None = None,
        **sending: Unpack[Sending],
    ) -> Transfer | Approval:
        """Give points (positive) or take them (negative) by hand. Given ones may lapse.

        Above the limit of a day nothing moves yet: the answer is an Approval, which waits for a person.
        """
        path = place("/members/{member}/points/adjust", member=member)
        body = {"points": points, "reason": reason, "expires_at": expires_at, "currency": currency}
        return self._wire.write_or(path, body, Transfer, Approval, sending)

    def gift(
        self,
        member: str,
        to: str,
        points: int,
        reason: str = "",
        *,
        currency: str | None = None,
        **sending: Unpack[Sending],
    ) -> Transfer:
        """Send points of a member to another one."""
        path = place("/members/{member}/points/gift", member=member)
        body = {"points": points, "to": to, "reason": reason, "currency": currency}
        return self._wire.write(path, body, Transfer, sending)
