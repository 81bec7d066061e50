"""What gift cards and store credit refuse, besides what their rules do (`domain.stored_value`)."""

from dangol.domain.errors import DomainError, Malformed, NotFound


class UnknownGiftCard(NotFound):
    """There is no such card (`card`)."""

    code = "gift_cards.unknown"


class UnknownGiftCardBatch(NotFound):
    """There is no such batch of cards (`batch`)."""

    code = "gift_cards.unknown_batch"


class InvalidGiftCard(Malformed):
    """A card, or a batch of them, cannot be so: `field`, and what is wrong with it (`problem`)."""

    code = "gift_cards.invalid"


class GiftCardWrongState(DomainError):
    """What was asked cannot be done to a card that is `state`."""

    code = "gift_cards.wrong_state"


class GiftCardHeld(DomainError):
    """The card is somebody else's already."""

    code = "gift_cards.held_by_another"


class GiftCardNotRefundable(DomainError):
    """Nothing is handed out for the card now (`reason`); `needed` of it must be used, `used` are."""

    code = "gift_cards.not_refundable"


class WholeCode(Malformed):
    """More of a card's code than its last `most` characters was to stand in an address."""

    code = "gift_cards.whole_code"


class TooMuchGiven(DomainError):
    """One person gives no more than `most` in a day for nothing; `given` were, `asked` is."""

    code = "gift_cards.too_much_given"


class ValueKeyReused(DomainError):
    """An idempotency key (`key`) came again with another amount or for something else."""

    code = "stored_value.idempotency_key_reused"


class InvalidStoredValueSettings(Malformed):
    """A setting (`field`) cannot be so (`problem`)."""

    code = "stored_value.invalid_settings"


class StoredValueSettingsChanged(DomainError):
    """Somebody (`changed_by`) has changed how the shop answers since it was read (now `version`)."""

    code = "stored_value.settings_changed"
