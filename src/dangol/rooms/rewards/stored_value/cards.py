"""Gift cards: made, sold, loaded, shut, held by a member, and paid out again.

Each act is one transaction under the card's lock, and before it that of whoever holds the card, who is told.
"""

from collections import defaultdict
from datetime import datetime
from typing import NamedTuple

from dangol.core.access.own_account import require_not_own
from dangol.core.events.services import lock_customers
from dangol.core.people.actors import Actor, columns_of, require_reason
from dangol.core.people.merged import resolve_merged
from dangol.core.people.selectors import shop
from dangol.core.people.shops import lock_shop
from dangol.core.storage.ids import Id, new_id, show_id
from dangol.core.storage.rows import insert_rows
from dangol.core.storage.transactions import write_transaction
from dangol.domain.coupon_codes import draw, normalize, read_pattern
from dangol.domain.gift_card_terms import end_of
from dangol.domain.stored_value import Holding, Kind
from dangol.rooms.rewards.catalog.services import By
from dangol.rooms.rewards.stored_value.codes import DEFAULT_PATTERN, CardRef, open_codes, refs_of, seal_code
from dangol.rooms.rewards.stored_value.errors import (
    GiftCardHeld,
    GiftCardWrongState,
    InvalidGiftCard,
    UnknownGiftCard,
)
from dangol.rooms.rewards.stored_value.giving import Given, note_given
from dangol.rooms.rewards.stored_value.locks import lock_account
from dangol.rooms.rewards.stored_value.models import (
    LONGEST_NAME,
    TAIL,
    Act,
    CardState,
    GiftCard,
    GiftCardAct,
    GiftCardBatch,
    ValueAccount,
    ValueMove,
)
from dangol.rooms.rewards.stored_value.settings import StoredValueContent, read_settings
from dangol.rooms.rewards.stored_value.store import Held, Note, find_known, lock_accounts, save

MOST_IN_A_BATCH = 5_000
_CARD = (
    "id", "batch_id", "code_hash", "sealed", "tail", "state", "minor", "is_given", "expires_at", "made_at",
)  # fmt: skip
_ACCOUNT = ("id", "holding", "customer_id", "currency", "balance")


class CardDraft(NamedTuple):
    """A card as it is to be sold. `price_minor` None: what is on it; 0 and `is_given` where nobody pays.

    What is given, or sold for less than is on it, has a `reason` and counts toward the day's limit.
    `expires_at` exclusive; None: as the shop's terms say, from the sale on. `holder` keeps it from anybody
    else's claim, not from being used.
    """

    minor: int
    currency: str
    price_minor: int | None = None
    is_given: bool = False
    expires_at: datetime | None = None
    holder: Id | None = None
    reason: str = ""


class BatchDraft(NamedTuple):
    """So many cards of one amount. Those for sale pay once each is activated; given ones at once, and have a
    `reason`.
    """

    name: str
    minor: int
    currency: str
    card_count: int
    is_given: bool = False
    expires_at: datetime | None = None
    pattern: str = DEFAULT_PATTERN
    reason: str = ""


class Issued(NamedTuple):
    """A card and its code, which is told this once."""

    id: Id
    code: str


def sell_card(draft: CardDraft, *, by: By, card_id: Id | None = None) -> Issued:
    """Make a card that pays from now on, against its price or for nothing.

    With a `card_id` that they have sold already, that one is left as it is. Raises InvalidGiftCard, or
    OwnAccount for a `holder` they are; and where less than its face is paid, ReasonMissing or TooMuchGiven.
    """
    settings = read_settings()
    _check_amount(draft.minor, settings)
    price = _price_of(draft.minor, draft.price_minor, is_given=draft.is_given)
    end = _end(draft.expires_at, settings, by.at)
    made = card_id or new_id()
    with write_transaction():
        if draft.holder:
            require_not_own([draft.holder], actor=by.actor)
            lock_customers([draft.holder])
        if card_id is not None:
            # Told twice at once, the second waits for the first.
            lock_shop()
        if GiftCard.objects.filter(id=made).exists():
            return _sold_before(made, draft, by)
        note_given(made, Given(draft.currency, draft.minor - price), reason=draft.reason, by=by)
        (code,) = _make([made], draft, None, DEFAULT_PATTERN, by)
        held = lock_accounts([made])[made]
        _load([held], _Load(draft.minor, price, end, f"sold:{made.hex()}"), by)
    return Issued(made, code)


def make_batch(draft: BatchDraft, *, by: By, batch_id: Id | None = None, is_approved: bool = False) -> Id:
    """Make cards to be printed or handed out, and return the batch's id; raises InvalidGiftCard.

    With a `batch_id` that there is already, that one is left as it is. Given ones raise ReasonMissing, or
    TooMuchGiven above what one person gives alone in a day, unless a second one `is_approved` them.
    """
    settings = check_batch(draft, at=by.at)
    name, pattern, made = draft.name.strip(), read_pattern(draft.pattern), batch_id or new_id()
    one = CardDraft(draft.minor, draft.currency, is_given=draft.is_given, expires_at=draft.expires_at)
    with write_transaction():
        # Told twice at once, the second waits for the first.
        lock_shop()
        if GiftCardBatch.objects.filter(id=made).exists():
            return made
        if draft.is_given and not is_approved:
            note_given(made, given_by(draft), reason=draft.reason, by=by)
        GiftCardBatch.objects.create(
            id=made, name=name, pattern=pattern.text, card_count=draft.card_count, minor=draft.minor,
            currency=draft.currency, is_given=draft.is_given, expires_at=draft.expires_at, created_at=by.at,
            created_by=by.actor.name or by.actor.key,
        )  # fmt: skip
        ids = [new_id() for _ in range(draft.card_count)]
        _make(ids, one, made, pattern.text, by)
        if draft.is_given:
            end = _end(draft.expires_at, settings, by.at)
            _load(list(lock_accounts(ids).values()), _Load(draft.minor, 0, end, f"made:{made.hex()}"), by)
    return made


def check_batch(draft: BatchDraft, *, at: datetime) -> StoredValueContent:
    """Check what a batch is to be, and return the settings it was checked by; raises InvalidGiftCard."""
    settings, name = read_settings(), draft.name.strip()
    _check_amount(draft.minor, settings)
    if not name or len(name) > LONGEST_NAME:
        raise InvalidGiftCard(field="name", problem="empty" if not name else "too_long")
    if not 0 < draft.card_count <= MOST_IN_A_BATCH:
        raise InvalidGiftCard(field="card_count", problem="out_of_range")
    if draft.expires_at is not None and draft.expires_at <= at:
        raise InvalidGiftCard(field="expires_at", problem="over")
    read_pattern(draft.pattern)
    return settings


def given_by(draft: BatchDraft) -> Given:
    """Return what a batch gives in all."""
    return Given(draft.currency, draft.minor * draft.card_count, draft.card_count)


def activate(card_id: Id, *, price_minor: int | None = None, key: str, by: By, reason: str = "") -> None:
    """Let a card that was made ahead pay from now on, against its price; repeated with the key it is the
    same.

    Raises UnknownGiftCard, GiftCardWrongState, InvalidGiftCard or ValueKeyReused; under its face as
    `sell_card`.
    """
    with write_transaction():
        held, row = lock_card(card_id)
        if find_known(held, key, Kind.SOLD) is not None:
            return
        if row.state != CardState.MADE:
            raise GiftCardWrongState(state=row.state)
        price = _price_of(row.minor, price_minor, is_given=False)
        note_given(card_id, Given(held.currency, row.minor - price), reason=reason, by=by)
        _load([held], _Load(row.minor, price, _end(row.expires_at, read_settings(), by.at), key), by)


def top_up(
    card_id: Id, minor: int, *, price_minor: int | None = None, key: str, by: By, reason: str = ""
) -> None:
    """Put more money on a card, as a lot with an end of its own; repeated with the key it is the same.

    Raises UnknownGiftCard, GiftCardWrongState, InvalidGiftCard or ValueKeyReused, or OwnAccount for a card
    they hold; for less than its face as `sell_card`.
    """
    settings = read_settings()
    with write_transaction():
        held, row = lock_card(card_id)
        if find_known(held, key, Kind.SOLD, minor) is not None:
            return
        if row.state != CardState.ACTIVE:
            raise GiftCardWrongState(state=row.state)
        _require_not_own(held, by)
        held.purse.settle(by.at)
        if minor < 1 or held.purse.balance + minor > settings.most_card_minor:
            raise InvalidGiftCard(field="minor", problem="out_of_range")
        price = _price_of(minor, price_minor, is_given=False)
        note_given(card_id, Given(held.currency, minor - price), reason=reason, by=by)
        _load([held], _Load(minor, price, _end(None, settings, by.at), key), by)


def block(card_id: Id, *, is_blocked: bool, reason: str, by: By) -> None:
    """Let a card pay no more, as one that was lost or stolen, or let it pay again. Repeated it is the same.

    Raises UnknownGiftCard, ReasonMissing, or GiftCardWrongState for one that is not sold yet.
    """
    why = require_reason(reason)
    wanted = CardState.BLOCKED if is_blocked else CardState.ACTIVE
    with write_transaction():
        _, row = lock_card(card_id)
        if row.state == CardState.MADE:
            raise GiftCardWrongState(state=row.state)
        if row.state != wanted:
            GiftCard.objects.filter(id=card_id).update(state=wanted)
            note_act(card_id, Act.BLOCKED if is_blocked else Act.OPENED, why, by.actor, by.at)


def claim(ref: CardRef, customer_id: Id, *, by: By) -> Id:
    """Keep a card for a member, who then sees it among their own; returns its id. Repeated it is the same.

    Raises UnknownGiftCard, also for one that is shut or not sold yet, GiftCardHeld, or OwnAccount.
    """
    card_id = GiftCard.objects.filter(code_hash=bytes.fromhex(ref.hash)).values_list("id", flat=True).first()
    if card_id is None:
        raise UnknownGiftCard(card=ref.tail)
    with write_transaction():
        require_not_own([customer_id], actor=by.actor)
        owner = resolve_merged([customer_id])[customer_id]
        held, row = lock_card(card_id, also=owner)
        if row.state != CardState.ACTIVE:
            raise UnknownGiftCard(card=ref.tail)
        if held.customer_id is not None:
            if resolve_merged([held.customer_id])[held.customer_id] != owner:
                raise GiftCardHeld()
            return card_id
        ValueAccount.objects.filter(id=card_id).update(customer_id=owner)
        note_act(card_id, Act.CLAIMED, "", by.actor, by.at)
    return card_id


def lock_card(card_id: Id, *, also: Id | None = None) -> tuple[Held, GiftCard]:
    """Return a card under its lock, and before it its holder's; raises UnknownGiftCard."""
    held = lock_account(card_id, also=[also] if also else ())
    if held is None or held.holding is not Holding.CARD:
        raise UnknownGiftCard(card=show_id(card_id))
    return held, GiftCard.objects.get(id=card_id)


def _require_not_own(held: Held, by: By) -> None:
    if held.customer_id is not None:
        require_not_own([held.customer_id], actor=by.actor)


def note_act(card_id: Id, act: Act, reason: str, actor: Actor, at: datetime) -> None:
    """Keep who did what with a card, in the transaction in which it is done."""
    GiftCardAct.objects.create(
        id=new_id(), card_id=card_id, act=act.value, at=at, reason=reason, **columns_of(actor)
    )


def _check_amount(minor: int, settings: StoredValueContent) -> None:
    if not settings.least_card_minor <= minor <= settings.most_card_minor:
        raise InvalidGiftCard(field="minor", problem="out_of_range")


def _price_of(minor: int, price: int | None, *, is_given: bool) -> int:
    if is_given:
        if price:
            raise InvalidGiftCard(field="price_minor", problem="given")
        return 0
    found = minor if price is None else price
    if not 0 < found <= minor:
        raise InvalidGiftCard(field="price_minor", problem="out_of_range")
    return found


def _make(ids: list[Id], draft: CardDraft, batch_id: Id | None, pattern: str, by: By) -> list[str]:
    """Make rows for cards that are not sold yet; returns their codes."""
    codes = draw(read_pattern(pattern), len(ids))
    refs = refs_of(codes)
    insert_rows(
        ValueAccount,
        _ACCOUNT,
        [(one, Holding.CARD.value, draft.holder, draft.currency, 0) for one in ids],
    )
    insert_rows(
        GiftCard,
        (*_CARD, "face_minor"),
        [
            (
                one, batch_id, bytes.fromhex(ref.hash), seal_code(one, code), normalize(code)[-TAIL:],
                CardState.MADE.value, draft.minor, draft.is_given, draft.expires_at, by.at, 0,
            )
            for one, code, ref in zip(ids, codes, refs, strict=True)
        ],
    )  # fmt: skip
    return codes


def _sold_before(card_id: Id, draft: CardDraft, by: By) -> Issued:
    """Return a card sold before with its code, to who sold it alone; raises UnknownGiftCard for another's."""
    sold = ValueMove.objects.filter(account_id=card_id, key=f"sold:{card_id.hex()}", actor=by.actor.key)
    code = code_of(card_id)
    if code is None or not sold.filter(minor=draft.minor).exists():
        raise UnknownGiftCard(card=show_id(card_id))
    return Issued(card_id, code)


def code_of(card_id: Id) -> str | None:
    """Return a card's code, for who holds it; None where there is no such card."""
    row = GiftCard.objects.filter(id=card_id).values_list("id", "sealed").first()
    return open_codes([(row[0], bytes(row[1]))])[0] if row else None


class _Load(NamedTuple):
    """Money to be put on a card: nothing is paid for what is given."""

    minor: int
    price: int
    expires_at: datetime
    key: str


def _end(given: datetime | None, settings: StoredValueContent, at: datetime) -> datetime:
    """Return when money lapses that is put on a card now; raises InvalidGiftCard."""
    found = given or end_of(at, settings.valid_months, shop().tz)
    if found <= at:
        raise InvalidGiftCard(field="expires_at", problem="over")
    return found


def _load(accounts: list[Held], load: _Load, by: By) -> None:
    """Put money on cards, which pay from now on."""
    faces: dict[int, list[Id]] = defaultdict(list)
    for held in accounts:
        movement = held.purse.put(
            Kind.SOLD if load.price else Kind.GIVEN, load.minor, by.at, key=load.key, price_minor=load.price,
            expires_at=load.expires_at,
        )  # fmt: skip
        held.note(movement, Note(by.actor, store_id=by.store_id))
        faces[held.purse.balance].append(held.id)
    for face, ids in faces.items():
        cards = GiftCard.objects.filter(id__in=ids)
        cards.update(face_minor=face, state=CardState.ACTIVE)
        cards.filter(activated_at=None).update(activated_at=by.at)
    save(accounts, recorded_at=by.at)
