"""Kinds of points: each program pays one of its own, and a member has a wallet of each."""

from collections.abc import Iterator
from typing import Unpack

from dangol_client.answers import Answer, Expiring
from dangol_client.sending import Sending, Wire, place


class Wallet(Answer, frozen=True):
    """A kind of points, and the program that pays it. `is_first`: it is meant where none is named."""

    currency: str
    name: str
    program_id: str
    program: str
    is_first: bool


class MemberWallet(Answer, frozen=True):
    """What a member has of a kind of points. `available` may be spent now, and is net of `debt`."""

    currency: str
    name: str
    program_id: str
    available: int
    pending: int
    debt: int
    next_expiry: Expiring | None


class WalletCalls:
    """Kinds of points, and what a member has of each."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def each(self) -> Iterator[Wallet]:
        """Go through the kinds of points, the first program's first."""
        return self._wire.pages("/wallets", Wallet, {})

    def rename(self, currency: str, name: str, **sending: Unpack[Sending]) -> Wallet:
        """Call a kind of points otherwise; its code stays."""
        path = place("/wallets/{currency}", currency=currency)
        return self._wire.write(path, {"name": name}, Wallet, sending, method="PUT")

    def of_member(self, member: str) -> Iterator[MemberWallet]:
        """Go through what a member has of each kind of points."""
        return self._wire.pages(place("/members/{member}/wallets", member=member), MemberWallet, {})
