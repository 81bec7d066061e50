"""What is refused about webhooks."""

from dangol.domain.errors import DomainError, Malformed, NotFound


class EndpointUnknown(NotFound):
    """There is no endpoint with this id (`endpoint`)."""

    code = "webhooks.endpoint_unknown"


class DeliveryUnknown(NotFound):
    """This message (`message`) was never meant for this endpoint, or is no longer kept."""

    code = "webhooks.delivery_unknown"


class EndpointDisabled(DomainError):
    """Nothing is sent to an endpoint (`endpoint`) that is disabled."""

    code = "webhooks.endpoint_disabled"


class TooManyEndpoints(DomainError):
    """There are `limit` endpoints already: each event is sent to every one of them."""

    code = "webhooks.too_many_endpoints"


class UrlMalformed(Malformed):
    """The `url` of an endpoint is no address that can be called, or is not of the form that is allowed."""

    code = "webhooks.url_malformed"


class UrlNotPublic(Malformed):
    """The `url` of an endpoint lies in a private network, by its number or its name."""

    code = "webhooks.url_not_public"


class EventUnknown(Malformed):
    """No event has this `name`."""

    code = "webhooks.event_unknown"


class DescriptionTooLong(Malformed):
    """The description is longer than `limit` characters."""

    code = "webhooks.description_too_long"


class SignatureUnknown(Malformed):
    """There is no such kind of `signature`."""

    code = "webhooks.signature_unknown"


class OverlapOutOfRange(Malformed):
    """Two secrets may sign side by side for `longest_hours` at most, and not backwards."""

    code = "webhooks.overlap_out_of_range"


class PeriodBackwards(Malformed):
    """A period to replay ends before it begins."""

    code = "webhooks.period_backwards"


class SecretMalformed(Malformed):
    """The secret is none that webhooks are signed with."""

    code = "webhooks.secret_malformed"


class HeaderMissing(Malformed):
    """A received message lacks a header (`header`), or it cannot be read."""

    code = "webhooks.header_missing"


class TimestampTooFar(DomainError):
    """A received message was signed `seconds` ago (negative: in the future); `tolerance` are allowed."""

    code = "webhooks.timestamp_too_far"


class SignatureWrong(DomainError):
    """No signature of a received message is right for its body and our secret."""

    code = "webhooks.signature_wrong"
