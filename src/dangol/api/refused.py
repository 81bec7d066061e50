"""What the API itself refuses, before any service is asked."""

from collections.abc import Mapping

from dangol.api.problems import ApiRefusal


class NoSuchAddress(ApiRefusal):
    """The API has nothing at this address."""

    code = "request.no_such_address"
    status = 404


class WrongMethod(ApiRefusal):
    """The address is right, the method (`method`) is not; `allowed` are."""

    code = "request.wrong_method"
    status = 405

    def headers(self) -> Mapping[str, str]:
        """Name what may be asked."""
        return {"Allow": str(self.data["allowed"])}


class InvalidRequest(ApiRefusal):
    """A field of the request is missing, unknown, or not what it has to be."""

    code = "request.invalid"
    status = 422


class NotJson(ApiRefusal):
    """The body is no JSON object in UTF-8."""

    code = "request.not_json"
    status = 400


class BodyTooLarge(ApiRefusal):
    """The body is longer than `most` bytes."""

    code = "request.too_large"
    status = 413


class TooManyRequests(ApiRefusal):
    """More requests than `most` in `seconds`; go on after `again_in` seconds."""

    code = "request.too_many"
    status = 429

    def headers(self) -> Mapping[str, str]:
        """Say when to come again."""
        return {"Retry-After": str(self.data["again_in"])}


class NoDryRun(ApiRefusal):
    """This cannot be tried out: what it does is not taken back."""

    code = "request.no_dry_run"
    status = 422


class UnknownField(ApiRefusal):
    """There is no field (`field`) to be revealed of this name."""

    code = "request.unknown_field"
    status = 422


class InvalidCursor(ApiRefusal):
    """The cursor is none that this list has given."""

    code = "request.invalid_cursor"
    status = 400


class KeyMissing(ApiRefusal):
    """A request that makes something needs the header Idempotency-Key."""

    code = "idempotency.key_missing"
    status = 400


class KeyTooLong(ApiRefusal):
    """An Idempotency-Key has 1 to 255 visible ASCII signs."""

    code = "idempotency.key_invalid"
    status = 400


class OtherRequest(ApiRefusal):
    """This Idempotency-Key came before, with another request."""

    code = "idempotency.other_request"
    status = 422


class InFlight(ApiRefusal):
    """The first request with this Idempotency-Key is still being carried out."""

    code = "idempotency.in_flight"
    status = 409

    def headers(self) -> Mapping[str, str]:
        """Say when to come again."""
        return {"Retry-After": "1"}


class NotAnInstant(ApiRefusal):
    """The header (`header`) is no ISO 8601 instant with its offset."""

    code = "request.not_an_instant"
    status = 400


class UnknownMember(ApiRefusal):
    """Nobody is meant by this reference."""

    code = "members.unknown"
    status = 404


class Failed(ApiRefusal):
    """Something broke that should not have; nothing was changed."""

    code = "request.failed"
    status = 500


class NotNow(ApiRefusal):
    """The database cannot take it just now (`why`); come again after `again_in` seconds."""

    code = "request.not_now"
    status = 503
    retryable = True

    def headers(self) -> Mapping[str, str]:
        """Say when to come again."""
        return {"Retry-After": str(self.data["again_in"])}


class ReadOnly(ApiRefusal):
    """The instance may only be read (`why`: its key store is gone, or it was asked to)."""

    code = "request.read_only"
    status = 503
