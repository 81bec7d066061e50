"""“Why is the signature wrong?”: what a receiver has done to the message, or to the secret."""

import hmac
import json
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from dangol.core.events.webhooks.errors import HeaderMissing
from dangol.core.events.webhooks.models import Signature
from dangol.core.events.webhooks.signing import (
    HMAC_PREFIX,
    TOLERANCE,
    Envelope,
    SigningKey,
    checker,
    read_envelope,
    show_key,
    signed_content,
)


class Fault(StrEnum):
    """What is wrong with a signature; the first three are about the message, the others about the code."""

    NOTHING = "nothing"
    # `detail` names the header.
    HEADER_MISSING = "header_missing"
    # `detail` is how many seconds ago it was signed: the receiver's clock, or an old message.
    TIMESTAMP_TOO_FAR = "timestamp_too_far"
    # The same JSON, written anew: the body was parsed before it was checked.
    BODY_REWRITTEN = "body_rewritten"
    BODY_CHANGED = "body_changed"
    # Right, but for a secret that is not this endpoint's, or no longer.
    SECRET_OTHER = "secret_other"
    SECRET_NOT_DECODED = "secret_not_decoded"
    SECRET_WITH_PREFIX = "secret_with_prefix"
    ONLY_BODY_SIGNED = "only_body_signed"
    ID_LEFT_OUT = "id_left_out"
    TIMESTAMP_LEFT_OUT = "timestamp_left_out"
    DOTS_LEFT_OUT = "dots_left_out"
    WRITTEN_AS_HEX = "written_as_hex"
    # Of several mistakes none that we know.
    UNKNOWN = "unknown"


class Finding(NamedTuple):
    """What was found."""

    fault: Fault
    detail: str = ""


def explain_signature(
    keys: Sequence[SigningKey],
    *,
    headers: Mapping[str, str],
    body: bytes,
    sent: str | None,
    computed: str = "",
    at: datetime,
) -> Finding:
    """Return why a receiver finds a message's signature wrong.

    `sent` is the body as it was sent, where it is still kept; `computed` the signature that the receiver's
    code comes to. Without that only the message itself can be judged.
    """
    try:
        envelope = read_envelope(headers)
    except HeaderMissing as missing:
        return Finding(Fault.HEADER_MISSING, str(missing.data["header"]))
    if sent is not None and sent.encode() != body:
        return Finding(Fault.BODY_REWRITTEN if _same_json(sent, body) else Fault.BODY_CHANGED)
    if not _is_ours(keys, envelope, body):
        return Finding(Fault.SECRET_OTHER if sent is not None else Fault.BODY_CHANGED)
    if computed and not any(computed.removeprefix("v1,") == value for _v, value in envelope.signatures):
        return Finding(_mistake(keys, envelope, body, computed.removeprefix("v1,")))
    age = int(at.timestamp()) - envelope.seconds
    if abs(age) > TOLERANCE.total_seconds():
        return Finding(Fault.TIMESTAMP_TOO_FAR, str(age))
    return Finding(Fault.NOTHING)


def _is_ours(keys: Sequence[SigningKey], envelope: Envelope, body: bytes) -> bool:
    content = signed_content(envelope.message, envelope.seconds, body)
    checks = [checker(show_key(key)) for key in keys]
    return any(check.is_right(content, *one) for check in checks for one in envelope.signatures)


def _same_json(sent: str, body: bytes) -> bool:
    try:
        return bool(json.loads(body) == json.loads(sent))
    except ValueError:
        return False


def _mistake(keys: Sequence[SigningKey], envelope: Envelope, body: bytes, computed: str) -> Fault:
    """Return the mistake by which the receiver's code comes to this signature."""
    for key in keys:
        if key.kind is Signature.HMAC:
            for fault, signature in _mistakes(key, envelope, body):
                if hmac.compare_digest(signature.encode(), computed.strip().encode()):
                    return fault
    return Fault.UNKNOWN


def _mistakes(key: SigningKey, envelope: Envelope, body: bytes) -> Iterator[tuple[Fault, str]]:
    shown = show_key(key)
    message, seconds = envelope.message.encode(), str(envelope.seconds).encode()
    right = signed_content(envelope.message, envelope.seconds, body)
    secrets = {
        Fault.SECRET_NOT_DECODED: shown.removeprefix(HMAC_PREFIX).encode(),
        Fault.SECRET_WITH_PREFIX: shown.encode(),
    }
    contents = {
        Fault.ONLY_BODY_SIGNED: body,
        Fault.ID_LEFT_OUT: seconds + b"." + body,
        Fault.TIMESTAMP_LEFT_OUT: message + b"." + body,
        Fault.DOTS_LEFT_OUT: message + seconds + body,
    }
    yield Fault.WRITTEN_AS_HEX, hmac.digest(key.raw, right, "sha256").hex()
    for fault, secret in secrets.items():
        yield fault, _base64(secret, right)
    for fault, content in contents.items():
        yield fault, _base64(key.raw, content)
    # Two mistakes at once: the one about the secret is told first.
    for fault, secret in secrets.items():
        for content in contents.values():
            yield fault, _base64(secret, content)


def _base64(secret: bytes, content: bytes) -> str:
    return b64encode(hmac.digest(secret, content, "sha256")).decode()
