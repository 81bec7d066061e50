"""What may be wrong with an event that came in: it is kept, shown with this, and does not follow."""

from dangol.domain.errors import DomainError


class NobodyNamed(DomainError):
    """The event names nobody: no id came with it, or none that can be one."""

    code = "behavior.nobody_named"


class IdBlocked(DomainError):
    """An id (`kind`) is a program's word for nothing, such as null, -1 or zeros, and was not used."""

    code = "behavior.id_blocked"


class IdUnfit(DomainError):
    """An id (`kind`) cannot be one (`why` is the refusal's code), and was not used."""

    code = "behavior.id_unfit"


class IdDropped(DomainError):
    """An id (`kind`) belongs to somebody else or is one too many, and was not used for this person."""

    code = "behavior.id_dropped"


class MergeRefused(DomainError):
    """What a browser did could not be put together with the person who signed in (`why`)."""

    code = "behavior.merge_refused"


class TraitRefused(DomainError):
    """What was told of the person (`field`) cannot be kept (`why` is the refusal's code)."""

    code = "behavior.trait_refused"


class KeyMayNotOrder(DomainError):
    """The event tells of an order, a return or a delivery, but its key may only send events."""

    code = "behavior.key_may_not_order"


class KeyMayNotTell(DomainError):
    """The event tells personal data (`fields`), but its key may not write members; they were taken out."""

    code = "behavior.key_may_not_tell"


class OtherCurrency(DomainError):
    """The order's `currency` is not the shop's (`own`): no report on customers counts it.

    A note, no refusal: it is an order.
    """

    code = "behavior.other_currency"


class OrderTold(DomainError):
    """The order's number (`number`) names another order already."""

    code = "behavior.order_told"


class OrderMissing(DomainError):
    """The order (`number`) that the event is about was not told, or is somebody else's."""

    code = "behavior.order_missing"


class TypeUnknown(DomainError):
    """Nobody knows this type of call (`type`); the event is kept as it came."""

    code = "behavior.type_unknown"


class MessageUnfit(DomainError):
    """A part of the event (`field`) is not what it has to be, and was left out."""

    code = "behavior.message_unfit"


class EventTooLarge(DomainError):
    """The event is longer than `most` bytes: its values were left out."""

    code = "behavior.event_too_large"


class InstantUnclear(DomainError):
    """The event's instant (`field`) cannot be read or cannot be meant; the time it came in stands for it."""

    code = "behavior.instant_unclear"


class TooMuchInside(DomainError):
    """Something was cut off because it was too long or too deep: `at` names it."""

    code = "behavior.too_much_inside"
