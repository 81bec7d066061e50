"""Kinds of points, and what a member has of each."""

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Path, Router
from pydantic import Field

from dangol.api.caller import Needs, actor_of, caller_of
from dangol.api.idempotency import once
from dangol.api.programs import WalletName
from dangol.api.references import MemberRef, find_member
from dangol.api.replies import Given, Reply, Shown, show
from dangol.api.views import ExpiringView
from dangol.core.access.rights import Right
from dangol.core.ledger.selectors import balances_of, next_expiries
from dangol.core.storage.ids import Id, show_id
from dangol.rooms.rewards.wallets import (
    LONGEST_CODE,
    Wallet,
    list_wallets,
    rename_wallet,
)

router = Router(tags=["points"])


class WalletIn(Given):
    """What a kind of points is called."""

    name: WalletName


class WalletView(Shown):
    """A kind of points, and the program that pays it. `is_first`: it is meant where none is named."""

    currency: str
    name: str
    program_id: str
    program: str
    is_first: bool


class WalletList(Shown):
    """The kinds of points, the first program's first."""

    data: list[WalletView]


class MemberWalletView(Shown):
    """What a member has of a kind of points. `available` may be spent now, and is net of `debt`."""

    currency: str
    name: str
    program_id: str
    available: int
    pending: int
    debt: int
    next_expiry: ExpiringView | None


class MemberWalletList(Shown):
    """All of a member's wallets, the first program's first; one without points is there, too."""

    data: list[MemberWalletView]


@router.get("/wallets", auth=Needs(Right.PROGRAMS_READ), response=WalletList)
def get_wallets(request: HttpRequest) -> HttpResponse:
    """List the kinds of points."""
    return show(WalletList(data=[_view(one) for one in list_wallets()]))


@router.put("/wallets/{currency}", auth=Needs(Right.PROGRAMS_PUBLISH), response=WalletView)
@once
def change_wallet(
    request: HttpRequest, currency: Path[Annotated[str, Field(max_length=LONGEST_CODE)]], payload: WalletIn
) -> Reply:
    """Call a kind of points otherwise; its code stays."""
    rename_wallet(currency, payload.name, actor=actor_of(request), at=caller_of(request).at)
    return Reply(next(_view(one) for one in list_wallets() if one.currency == currency))


@router.get("/members/{member}/wallets", auth=Needs(Right.POINTS_READ), response=MemberWalletList)
def get_member_wallets(request: HttpRequest, member: Path[MemberRef]) -> HttpResponse:
    """Show what a member has of each kind of points."""
    owner = find_member(member)
    return show(MemberWalletList(data=[_held(owner, one) for one in list_wallets()]))


def _view(wallet: Wallet) -> WalletView:
    return WalletView(
        currency=wallet.currency, name=wallet.name, program_id=show_id(wallet.program_id),
        program=wallet.program_name, is_first=wallet.is_first,
    )  # fmt: skip


def _held(owner: Id, wallet: Wallet) -> MemberWalletView:
    balance = balances_of([owner], wallet.currency)[owner]
    soonest = next_expiries([owner], wallet.currency).get(owner)
    return MemberWalletView(
        currency=wallet.currency, name=wallet.name, program_id=show_id(wallet.program_id),
        available=balance.available, pending=balance.pending, debt=balance.debt,
        next_expiry=ExpiringView(points=soonest.points, expires_at=soonest.expires_at) if soonest else None,
    )  # fmt: skip
