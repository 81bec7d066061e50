"""What a model says no to."""

from dangol.domain.errors import DomainError


class NotEnoughData(DomainError):
    """There are too few to say anything: `needed` of `what`, and there are `found`."""

    code = "insight.not_enough_data"


class BrokenHistories(DomainError):
    """`rows` histories cannot be: `fault` says what is wrong with the first of them."""

    code = "insight.broken_histories"


class SpendFollowsFrequency(DomainError):
    """Who buys more often spends more (or less) each time: `correlation`, of at most `most` in size.

    The model of spend takes for granted that the two have nothing to do with each other.
    """

    code = "insight.spend_follows_frequency"


class NoMaximum(DomainError):
    """The likelihood has no maximum that could be found (`reason`): the data are not of this kind."""

    code = "insight.no_maximum"
