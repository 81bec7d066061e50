"""What stamp cards tell the timeline; the subject is the move, or the card."""

from dangol.core.events.payloads import Payload, named


@named("stamps.added")
class StampsAdded(Payload, frozen=True):
    """Stamps came: by a sale or by hand (`cause`); so many lie on cards, paid for debt, or lapsed."""

    program: str
    cause: str
    count: int
    laid: int
    paid: int
    lapsed: int


@named("stamps.taken")
class StampsTaken(Payload, frozen=True):
    """Stamps went: by a return, an undoing or by hand (`cause`); some are owed or forgiven."""

    program: str
    cause: str
    count: int
    off: int
    owed: int
    forgiven: int


@named("stamp_card.filled")
class StampCardFilled(Payload, frozen=True):
    """A card is full."""

    program: str
    size: int


@named("stamp_card.given")
class StampCardGiven(Payload, frozen=True):
    """What a full card gives was given: points, a coupon or a reward (`kind`)."""

    program: str
    kind: str
    points: int


@named("stamp_card.revoked")
class StampCardRevoked(Payload, frozen=True):
    """What a card had given was taken back, since stamps on it came back."""

    program: str
    kind: str


@named("stamp_card.expired")
class StampCardExpired(Payload, frozen=True):
    """An open card's time was over, and so many stamps with it."""

    program: str
    count: int
