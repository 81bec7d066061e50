"""What households refuse, besides what their rules do (`domain.households`)."""

from dangol.domain.errors import DomainError, Malformed, NotFound


class UnknownHousehold(NotFound):
    """There is no such household (`household`)."""

    code = "households.unknown"


class UnknownSpending(NotFound):
    """Nothing was spent of a pool under this id (`spending`)."""

    code = "households.unknown_spending"


class NotInvited(DomainError):
    """Nobody has asked them to join a household, or the invitation is over."""

    code = "households.not_invited"


class NotInOne(DomainError):
    """They are in no household."""

    code = "households.not_in_one"


class InOneAlready(DomainError):
    """They are in a household already: one is in one at a time."""

    code = "households.in_one_already"


class HouseholdFull(DomainError):
    """As many are in the household as may be (`most`)."""

    code = "households.full"


class LeavesPoints(DomainError):
    """Who leaves would leave more points (`points`) with the head than they have agreed to."""

    code = "households.leaves_points"


class NotTheirOwnYes(DomainError):
    """In a day `limit` or more would be taken of a member who has not said themselves that they share."""

    code = "households.not_their_own_yes"


class TooSoon(DomainError):
    """They have left a household lately, and join one again from a day (`from_day`) on."""

    code = "households.too_soon"


class NotAMember(DomainError):
    """Only members are in households."""

    code = "households.not_a_member"


class KeyReused(DomainError):
    """An idempotency key (`key`) came again with other points."""

    code = "households.key_reused"


class InvalidHousehold(Malformed):
    """A name that is empty or too long (`field`)."""

    code = "households.invalid"


class InvalidHouseholdSettings(Malformed):
    """An answer (`field`) of the settings cannot be so (`problem`)."""

    code = "households.invalid_settings"


class HouseholdSettingsChanged(DomainError):
    """Somebody (`changed_by`) has changed the settings since they were read (now `version`)."""

    code = "households.settings_changed"
