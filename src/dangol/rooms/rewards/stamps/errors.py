"""What stamp cards refuse, besides what their rules do (`domain.stamps`)."""

from dangol.domain.errors import DomainError, Malformed, NotFound


class UnknownStampProgram(NotFound):
    """There is no such program of stamp cards (`program`)."""

    code = "stamps.unknown_program"


class UnknownStampMove(NotFound):
    """The member has no such stamps (`move`) that could be undone."""

    code = "stamps.unknown_move"


class InvalidStampProgram(Malformed):
    """A field (`field`) of a program cannot be so (`problem`)."""

    code = "stamps.invalid_program"


class StampProgramChanged(DomainError):
    """Somebody has changed the program since it was read: it is at `revision` now."""

    code = "stamps.program_changed"


class StampProgramArchived(DomainError):
    """The program takes no stamps any more."""

    code = "stamps.archived"


class StampKeyTaken(DomainError):
    """Another program has this key (`key`)."""

    code = "stamps.key_taken"


class StampKeyReused(DomainError):
    """An idempotency key (`key`) came again with other stamps."""

    code = "stamps.idempotency_key_reused"


class StampsUndone(DomainError):
    """These stamps were taken back already."""

    code = "stamps.already_undone"


class InvalidStampCount(Malformed):
    """So many stamps (`count`) are not given at once; `most` are."""

    code = "stamps.invalid_count"


class NoFullCard(DomainError):
    """The member has no full card whose reward still waits."""

    code = "stamps.no_full_card"
