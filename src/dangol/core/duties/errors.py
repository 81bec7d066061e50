"""What this floor refuses."""

from dangol.domain.errors import DomainError, Malformed, NotFound


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


class MonthOpen(DomainError):
    """The month (`month`) is not over yet, so nobody can have read all of it."""

    code = "duties.month_open"


class MonthUnknown(NotFound):
    """Of this month (`month`) there is nothing to review: it lies before the first entry, or too far back."""

    code = "duties.month_unknown"


class AlreadyReviewed(DomainError):
    """The month (`month`) was signed for already, by `name`."""

    code = "duties.already_reviewed"


class RequestKindUnknown(Malformed):
    """There is no such kind of request (`kind`)."""

    code = "duties.request_kind_unknown"


class RequestDayUnfit(Malformed):
    """The day a request came (`came_on`) lies ahead, or more than a year back."""

    code = "duties.request_day_unfit"


class NoSuchRequest(NotFound):
    """There is no open request with this id (`request`)."""

    code = "duties.request_unknown"


class NotFulfilled(DomainError):
    """A request of this `kind` is done when it was done, and since `came_on` it was not."""

    code = "duties.not_fulfilled"


class NoSuchIncident(NotFound):
    """There is no incident with this id (`incident`)."""

    code = "duties.incident_unknown"


class IncidentFactUnfit(Malformed):
    """What is said of an incident (`field`) is missing, too long, or cannot be."""

    code = "duties.incident_fact_unfit"


class IncidentMoved(DomainError):
    """Somebody (`name`) has added a step since the page was opened."""

    code = "duties.incident_moved"


class IncidentClosed(DomainError):
    """The incident is closed since `closed_at`."""

    code = "duties.incident_closed"


class IncidentUntold(DomainError):
    """The incident cannot be closed: people, or the authority (`report`), have still to be told."""

    code = "duties.incident_untold"
