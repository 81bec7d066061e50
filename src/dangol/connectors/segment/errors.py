"""What a request to the tracking API is refused for; single events are not."""

from dangol.domain.errors import Malformed


class UnknownCall(Malformed):
    """The tracking API has no such call (`action`)."""

    code = "segment.unknown_call"


class BodyNotJson(Malformed):
    """The body is no JSON object in UTF-8, or a batch without a list `batch`."""

    code = "segment.not_json"


class BrokenGzip(Malformed):
    """The body says that it is packed by gzip, and cannot be unpacked."""

    code = "segment.broken_gzip"


class EncodingUnknown(Malformed):
    """The body is packed in a way (`encoding`) that is not gzip."""

    code = "segment.encoding_unknown"


class BatchTooLarge(Malformed):
    """The body has more than `most` bytes, unpacked."""

    code = "segment.batch_too_large"


class BatchTooLong(Malformed):
    """The batch has more events (`events`) than `most`."""

    code = "segment.batch_too_long"
