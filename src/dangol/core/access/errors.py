"""What the access log and approvals refuse."""

from dangol.domain.errors import DomainError, NotFound


class NobodyThere(NotFound):
    """There is no customer with this id (`customer_id`), so there is nothing to show."""

    code = "access.nobody_there"


class UnknownAsk(DomainError):
    """The request is of a kind (`kind`) that this version does not know, so it cannot be carried out."""

    code = "approvals.unknown_kind"


class NoSuchApproval(NotFound):
    """There is no request with this id (`approval`)."""

    code = "approvals.unknown"


class AlreadyDecided(DomainError):
    """The request was decided already, by `name`."""

    code = "approvals.decided"


class ApprovalOver(DomainError):
    """The request was open for `days` days, and they are over."""

    code = "approvals.over"


class OwnRequest(DomainError):
    """Nobody decides what they have asked for themselves, or a program they answer for."""

    code = "approvals.own"


class OwnDraft(DomainError):
    """Nobody approves a draft that they have written or changed themselves, or a program they answer for."""

    code = "approvals.own_draft"


class RequestReused(DomainError):
    """The same form came again with other content."""

    code = "approvals.reused"
