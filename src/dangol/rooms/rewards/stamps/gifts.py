"""What full cards give, each once a turn; and what is taken back of it while it is unused."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime

from dangol.core.events.records import Draft
from dangol.core.ledger.models import Lot
from dangol.core.ledger.services import Order as Move, apply, reverse_transfer
from dangol.core.people.actors import HOUSE
from dangol.core.storage.ids import Id, parse_id, show_id
from dangol.domain.accrual import dates_of
from dangol.domain.coupon_codes import normalize
from dangol.domain.errors import DomainError
from dangol.domain.points import Earn, NothingToReverse
from dangol.domain.redeeming import RedemptionState
from dangol.domain.stamps import Card, CardState, GiftKind
from dangol.rooms.rewards.catalog.models import Redemption
from dangol.rooms.rewards.catalog.services import By, cancel_redemption, give_reward
from dangol.rooms.rewards.coupons.holding import Ask, block_code, issue_codes
from dangol.rooms.rewards.coupons.models import CouponCode, CouponUse
from dangol.rooms.rewards.programs import Running, find_program
from dangol.rooms.rewards.selectors import terms_in
from dangol.rooms.rewards.stamps.desk import Held
from dangol.rooms.rewards.stamps.events import StampCardGiven, StampCardRevoked
from dangol.rooms.rewards.stamps.models import StampCard


def give_waiting(desk: Iterable[Held], *, at: datetime) -> None:
    """Give what full cards give. Where something stands in the way the card stays full, with the reason.

    Under the members' lock: a card is given once for each time it was full.
    """
    by_kind: dict[str, list[tuple[Held, Card]]] = {one.value: [] for one in GiftKind}
    for held in desk:
        for card in held.sheet.cards:
            if card.state is CardState.FULL:
                by_kind[held.program.gives].append((held, card))
    _give_points(by_kind[GiftKind.POINTS], at)
    _give_coupons(by_kind[GiftKind.COUPON], at)
    _give_rewards(by_kind[GiftKind.REWARD], at)


def _key(card: StampCard) -> str:
    """Return what names this giving for good."""
    return f"stamps:{card.id.hex()}:{card.turn}"


def _give_points(full: Sequence[tuple[Held, Card]], at: datetime) -> None:
    if not full:
        return
    try:
        running: Running = find_program()
    except DomainError as refusal:
        for held, card in full:
            held.row_of(card).trouble = refusal.code
        return
    moves = [
        Move(
            held.owner,
            Earn(
                _key(held.row_of(card)), at, held.program.points or 0, *dates_of(terms, at), "stamps",
                card.id, idle=terms.idle,
            ),
        )
        for (held, card), terms in zip(
            full, terms_in(running, [(held.owner, at) for held, _ in full]), strict=True
        )
    ]  # fmt: skip
    results = apply(moves, running.row.points_currency, recorded_at=at)
    for (held, card), result in zip(full, results, strict=True):
        if result.refusal or result.transfer_id is None:
            held.row_of(card).trouble = result.refusal.code if result.refusal else ""
        else:
            _note_given(held, card, show_id(result.transfer_id), at, points=held.program.points)


def _give_coupons(full: Sequence[tuple[Held, Card]], at: datetime) -> None:
    """Hand out codes, at most one a member in each round."""
    rest = list(full)
    while rest:
        round_: dict[Id, tuple[Held, Card]] = {}
        for held, card in rest:
            round_.setdefault(held.owner, (held, card))
        asks = [
            Ask(held.program.target_id or b"", held.owner, _key(held.row_of(card)))
            for held, card in round_.values()
        ]
        for (held, card), answer in zip(round_.values(), issue_codes(asks, at=at), strict=True):
            if isinstance(answer, DomainError):
                held.row_of(card).trouble = answer.code
            else:
                _note_given(held, card, answer, at)
        done = {card.id for _, card in round_.values()}
        rest = [(held, card) for held, card in rest if card.id not in done]


def _give_rewards(full: Sequence[tuple[Held, Card]], at: datetime) -> None:
    for held, card in full:
        try:
            made = give_reward(
                held.owner, held.program.target_id or b"", key=_key(held.row_of(card)), by=By(HOUSE, at)
            )
        except DomainError as refusal:
            held.row_of(card).trouble = refusal.code
        else:
            _note_given(held, card, show_id(made), at)


def _note_given(held: Held, card: Card, ref: str, at: datetime, points: int | None = None) -> None:
    row = held.row_of(card)
    card.state = CardState.GIVEN
    row.given_at, row.trouble = at, ""
    row.gift_kind, row.gift_points = held.program.gives, points
    row.gift_ref, row.gift_owner_id = ref, held.owner
    told = StampCardGiven(program=held.program.key, kind=held.program.gives, points=points or 0)
    held.told.append(Draft(held.owner, told, at, card.id))


def unused_gifts(held: Held) -> set[Id]:
    """Return the cards whose reward could still be taken back: points all there, a code unused, no pick-up.

    A constant number of statements.
    """
    given = [one for one in held.rows.values() if one.state == CardState.GIVEN.value]
    kinds: dict[str, list[StampCard]] = {one.value: [] for one in GiftKind}
    for row in given:
        kinds[row.gift_kind].append(row)
    return (
        _whole_points(kinds[GiftKind.POINTS])
        | _unused_codes(kinds[GiftKind.COUPON])
        | _not_picked_up(kinds[GiftKind.REWARD])
    )


def _whole_points(rows: Sequence[StampCard]) -> set[Id]:
    if not rows:
        return set()
    lots = Lot.objects.filter(customer_id__in={row.gift_owner_id for row in rows})
    lots = lots.filter(transfer_id__in=[parse_id(row.gift_ref) for row in rows])
    left = dict(lots.values_list("transfer_id", "left"))
    return {row.id for row in rows if left.get(parse_id(row.gift_ref), 0) == row.gift_points}


def _unused_codes(rows: Sequence[StampCard]) -> set[Id]:
    if not rows:
        return set()
    keys = {row.id: normalize(row.gift_ref) for row in rows}
    # A code that everybody uses is nobody's, and cannot be taken back.
    theirs = CouponCode.objects.filter(key__in=keys.values(), is_blocked=False, customer_id__isnull=False)
    uses = CouponUse.objects.filter(key__in=keys.values(), given_back_at=None)
    unused = set(theirs.values_list("key", flat=True)) - set(uses.values_list("key", flat=True))
    return {card_id for card_id, key in keys.items() if key in unused}


def _not_picked_up(rows: Sequence[StampCard]) -> set[Id]:
    if not rows:
        return set()
    open_ones = Redemption.objects.filter(
        customer_id__in={row.gift_owner_id for row in rows}, id__in=[parse_id(row.gift_ref) for row in rows],
        state=RedemptionState.ISSUED.value, revealed_at=None,
    )  # fmt: skip
    ids = {show_id(one) for one in open_ones.values_list("id", flat=True)}
    return {row.id for row in rows if row.gift_ref in ids}


def revoke(held: Held, cards: Iterable[Card], *, at: datetime) -> None:
    """Take back what these cards gave: they are open again, and may be full once more."""
    for card in cards:
        row = held.row_of(card)
        owner = row.gift_owner_id or held.owner
        if row.gift_kind == GiftKind.POINTS.value:
            with suppress(NothingToReverse):
                reverse_transfer(
                    owner, transfer_id=parse_id(row.gift_ref), points=None, key=f"{_key(row)}:back", at=at,
                    reason="stamps",
                )  # fmt: skip
        elif row.gift_kind == GiftKind.COUPON.value:
            block_code(row.gift_ref, actor=HOUSE, at=at)
        else:
            cancel_redemption(owner, parse_id(row.gift_ref), by=By(HOUSE, at), reason="stamps")
        told = StampCardRevoked(program=held.program.key, kind=row.gift_kind)
        held.told.append(Draft(held.owner, told, at, card.id))
        row.turn += 1
        row.filled_at = row.given_at = row.gift_points = row.gift_owner_id = None
        row.gift_kind = row.gift_ref = ""
