"""What the access log refuses."""

from dangol.domain.errors import DomainError, NotFound


class NobodyThere(NotFound):
    """There is no customer with this id (`customer_id`), so there is nothing to show."""

    code = "access.nobody_there"


class LogBroken(DomainError):
    """The access log is not what was written: `faults` of its entries were changed, removed or put in."""

    code = "access.log_broken"
