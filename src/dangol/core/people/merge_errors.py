"""What a merge refuses."""

from dangol.domain.errors import DomainError, Malformed, NotFound


class SameCustomer(Malformed):
    """A customer was to be merged with themselves, maybe under the id of one they had absorbed."""

    code = "people.same_customer"


class AlreadyMerged(DomainError):
    """The customer (`customer_id`) has become part of another one (`into`): name that one."""

    code = "people.already_merged"


class GuestNotMerged(DomainError):
    """A guest is one order without a person (`customer_id`): let the member claim the order."""

    code = "people.guest_not_merged"


class NotMerged(NotFound):
    """The customer (`customer_id`) is part of nobody, so there is no merge to undo."""

    code = "people.not_merged"


class MergeStacked(DomainError):
    """The kept customer was merged further, into `into`: undo that merge first."""

    code = "people.merge_stacked"
