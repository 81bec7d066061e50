"""What this floor refuses."""

from dangol.domain.errors import DomainError, Malformed


class CheckpointMalformed(Malformed):
    """The file is no checkpoint of an access log, or longer than one is (`longest` bytes)."""

    code = "duties.checkpoint_malformed"


class CheckpointForged(DomainError):
    """The checkpoint's signature does not hold: it was changed after `at`, or never signed."""

    code = "duties.checkpoint_forged"


class CheckpointOfAnother(DomainError):
    """The checkpoint was signed by another instance, or before the secret was changed (`key`)."""

    code = "duties.checkpoint_of_another"


class FolderUnusable(DomainError):
    """Checkpoints cannot be written into this `folder`, for this `reason` of the system's."""

    code = "duties.folder_unusable"
    retryable = True
