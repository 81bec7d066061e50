"""What is refused to those who look after staff, and at the door."""

from dangol.domain.errors import DomainError, NotFound


class UnknownStaff(NotFound):
    """Nobody who works here is called `name`."""

    code = "staff.unknown"


class NameTaken(DomainError):
    """Somebody who works here signs in by this name (`name`) already."""

    code = "staff.name_taken"


class NameUnfit(DomainError):
    """A name to sign in by (`name`) has up to 60 letters, digits and @ . + - _ and nothing else."""

    code = "staff.name_unfit"


class UnknownRole(DomainError):
    """There is no such role (`role`)."""

    code = "staff.unknown_role"


class UnknownStore(NotFound):
    """There is no store with this number (`store`)."""

    code = "staff.unknown_store"


class StoreUnfit(DomainError):
    """Only those who work in a store are bound to one; `role` is of the whole shop."""

    code = "staff.store_unfit"


class ReasonMissing(DomainError):
    """A change of who may do what needs a reason of at most 300 characters, for those who look later."""

    code = "staff.reason_missing"


class OwnRole(DomainError):
    """Nobody changes their own role, suspends or recovers themselves."""

    code = "staff.own_role"


class LastOwner(DomainError):
    """The shop would be left without an owner who can sign in."""

    code = "staff.last_owner"


class Suspended(DomainError):
    """This person is suspended; restore them first."""

    code = "staff.suspended"


class NotSuspended(DomainError):
    """This person is not suspended."""

    code = "staff.not_suspended"


class LinkOver(DomainError):
    """The link was used, has expired, or was never one."""

    code = "staff.link_over"


class TooManyAttempts(DomainError):
    """Signing in has failed too often; `minutes` are to be waited, rounded up."""

    code = "access.too_many_attempts"
    retryable = True
