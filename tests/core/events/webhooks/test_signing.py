"""Signatures: ours and the reference library's are the same, and nothing else is taken for one."""

import hmac
from base64 import b64decode, b64encode
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from dangol.core.events.webhooks.checking import Fault, explain_signature
from dangol.core.events.webhooks.errors import (
    HeaderMissing,
    SecretMalformed,
    SignatureWrong,
    TimestampTooFar,
)
from dangol.core.events.webhooks.models import Signature
from dangol.core.events.webhooks.signing import (
    ID,
    SIGNATURE,
    TIMESTAMP,
    SigningKey,
    checker,
    new_key,
    show_key,
    sign,
    signed_content,
    verify,
)

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
BOTH = [Signature.HMAC, Signature.ED25519]
BODY = '{"type":"points.earned","data":{"points":500}}'


def test_sign__vector_of_the_specification__the_same_signature() -> None:
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    key = SigningKey(Signature.HMAC, b64decode(secret.removeprefix("whsec_")))
    at = datetime.fromtimestamp(1614265330, UTC)

    headers = sign([key], message="msg_p5jXN8AQM9LWM0D4loKWxJek", at=at, body='{"test": 2432232314}')

    assert headers == {
        ID: "msg_p5jXN8AQM9LWM0D4loKWxJek",
        TIMESTAMP: "1614265330",
        SIGNATURE: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    assert verify(headers, b'{"test": 2432232314}', secret, at=at).message == headers[ID]


def test_verify__vector_of_rfc_8032__the_public_key_checks_it() -> None:
    # Section 7.1, test 3: the secret key, the public key and the signature of two bytes.
    seed = bytes.fromhex("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7")
    public = "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025"
    signature = (
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
    )
    shown = show_key(SigningKey(Signature.ED25519, seed))

    assert shown == "whpk_" + b64encode(bytes.fromhex(public)).decode()
    told = b64encode(bytes.fromhex(signature)).decode()
    assert checker(shown).is_right(bytes.fromhex("af82"), "v1a", told)
    assert not checker(shown).is_right(bytes.fromhex("af83"), "v1a", told)


@given(strategies.text(strategies.characters(codec="utf-8"), max_size=200))
def test_sign__any_body__the_reference_library_takes_it(body: str) -> None:
    key, at = new_key(Signature.HMAC), datetime.now(UTC)

    headers = sign([new_key(Signature.HMAC), key], message="msg_1", at=at, body=body)

    Webhook(show_key(key)).verify(body, headers, json_parse=False)
    with pytest.raises(WebhookVerificationError):
        Webhook(show_key(key)).verify(f"{body}!", headers, json_parse=False)


@given(strategies.text(strategies.characters(codec="utf-8"), max_size=200))
def test_verify__signed_by_the_reference_library__taken(body: str) -> None:
    secret = show_key(new_key(Signature.HMAC))
    headers = {
        "Webhook-Id": "msg_2", "Webhook-Timestamp": str(int(AT.timestamp())),
        "Webhook-Signature": Webhook(secret).sign("msg_2", AT, body),
    }  # fmt: skip

    assert verify(headers, body.encode(), secret, at=AT).message == "msg_2"


@pytest.mark.parametrize("kind", BOTH)
@given(
    body=strategies.binary(min_size=1, max_size=60),
    place=strategies.integers(0),
    bit=strategies.integers(0, 7),
)
def test_verify__one_bit_of_the_body_turned__refused(
    kind: Signature, body: bytes, place: int, bit: int
) -> None:
    key = new_key(kind)
    text = b64encode(body).decode()
    headers = sign([key], message="m", at=AT, body=text)
    turned = bytearray(text.encode())
    turned[place % len(turned)] ^= 1 << bit

    verify(headers, text.encode(), show_key(key), at=AT)
    with pytest.raises(SignatureWrong):
        verify(headers, bytes(turned), show_key(key), at=AT)


@pytest.mark.parametrize("old", BOTH)
@pytest.mark.parametrize("new", BOTH)
def test_sign__during_a_rotation__each_of_the_two_secrets_checks_it(old: Signature, new: Signature) -> None:
    keys = [new_key(new), new_key(old)]
    headers = sign(keys, message="m", at=AT, body=BODY)

    assert headers[SIGNATURE].count(" ") == 1
    for key in keys:
        verify(headers, BODY.encode(), show_key(key), at=AT)


@pytest.mark.parametrize(
    ("seconds", "taken"), [(-301, False), (-300, True), (0, True), (300, True), (301, False)]
)
def test_verify__signed_long_ago_or_in_the_future__only_within_five_minutes(
    seconds: int, taken: bool
) -> None:
    key = new_key(Signature.HMAC)
    headers = sign([key], message="m", at=AT, body=BODY)
    at = AT + timedelta(seconds=seconds)

    if taken:
        verify(headers, BODY.encode(), show_key(key), at=at)
    else:
        with pytest.raises(TimestampTooFar) as refused:
            verify(headers, BODY.encode(), show_key(key), at=at)
        assert refused.value.data["seconds"] == seconds


@pytest.mark.parametrize(
    ("changed", "missing"),
    [({ID: ""}, ID), ({ID: "a b"}, ID), ({ID: "x" * 256}, ID), ({ID: "가"}, ID), ({TIMESTAMP: ""}, TIMESTAMP),
     ({TIMESTAMP: "1e9"}, TIMESTAMP), ({TIMESTAMP: "-5"}, TIMESTAMP), ({TIMESTAMP: "٣"}, TIMESTAMP),
     ({TIMESTAMP: "9" * 13}, TIMESTAMP), ({SIGNATURE: ""}, SIGNATURE), ({SIGNATURE: "v1"}, SIGNATURE)],
)  # fmt: skip
def test_verify__header_missing_or_odd__refused_by_its_name(changed: dict[str, str], missing: str) -> None:
    key = new_key(Signature.HMAC)
    headers = sign([key], message="m", at=AT, body=BODY) | changed

    with pytest.raises(HeaderMissing) as refused:
        verify(headers, BODY.encode(), show_key(key), at=AT)

    assert refused.value.data == {"header": missing}


@pytest.mark.parametrize("signature", ["v1,", "v1,%%%", "v2,AAAA", "v1a,AAAA", "v1,가", "v1,AAAA v1,BBBB"])
@pytest.mark.parametrize("kind", BOTH)
def test_verify__signatures_that_are_none__refused(kind: Signature, signature: str) -> None:
    headers = {ID: "m", TIMESTAMP: str(int(AT.timestamp())), SIGNATURE: signature}

    with pytest.raises((SignatureWrong, HeaderMissing)):
        verify(headers, BODY.encode(), show_key(new_key(kind)), at=AT)


@pytest.mark.parametrize(
    "secret",
    ["", "whsec_", "whsec_####", "whsec_" + b64encode(b"k" * 23).decode(),
     "whsec_" + b64encode(b"k" * 65).decode(),
     "whpk_" + b64encode(b"k" * 31).decode(), "whsk_" + b64encode(b"k" * 32).decode()],
)  # fmt: skip
def test_verify__secret_that_is_none__refused_without_repeating_it(secret: str) -> None:
    headers = sign([new_key(Signature.HMAC)], message="m", at=AT, body=BODY)

    with pytest.raises(SecretMalformed) as refused:
        verify(headers, BODY.encode(), secret, at=AT)

    assert not refused.value.data


def hmac_of(secret: bytes, content: str) -> str:
    return b64encode(hmac.digest(secret, content.encode(), "sha256")).decode()


KEY = new_key(Signature.HMAC)
SECONDS = int(AT.timestamp())
WRONG_WAYS = {
    Fault.SECRET_NOT_DECODED: hmac_of(show_key(KEY)[6:].encode(), f"m.{SECONDS}.{BODY}"),
    Fault.SECRET_WITH_PREFIX: hmac_of(show_key(KEY).encode(), f"m.{SECONDS}.{BODY}"),
    Fault.ONLY_BODY_SIGNED: hmac_of(KEY.raw, BODY),
    Fault.ID_LEFT_OUT: hmac_of(KEY.raw, f"{SECONDS}.{BODY}"),
    Fault.TIMESTAMP_LEFT_OUT: hmac_of(KEY.raw, f"m.{BODY}"),
    Fault.DOTS_LEFT_OUT: hmac_of(KEY.raw, f"m{SECONDS}{BODY}"),
    Fault.WRITTEN_AS_HEX: hmac.digest(KEY.raw, f"m.{SECONDS}.{BODY}".encode(), "sha256").hex(),
    Fault.UNKNOWN: hmac_of(b"another", BODY),
    Fault.NOTHING: hmac_of(KEY.raw, f"m.{SECONDS}.{BODY}"),
}


@pytest.mark.parametrize("fault", WRONG_WAYS)
def test_explain_signature__computed_by_a_mistaken_receiver__the_mistake_is_named(fault: Fault) -> None:
    headers = sign([new_key(Signature.ED25519), KEY], message="m", at=AT, body=BODY)

    found = explain_signature(
        [KEY], headers=headers, body=BODY.encode(), sent=BODY, computed=f"v1,{WRONG_WAYS[fault]}", at=AT
    )

    assert found.fault is fault


@pytest.mark.parametrize(
    ("changed", "body", "seconds", "fault", "detail"),
    [
        ({}, BODY, 0, Fault.NOTHING, ""),
        ({ID: ""}, BODY, 0, Fault.HEADER_MISSING, ID),
        ({}, BODY.replace(":", ": "), 0, Fault.BODY_REWRITTEN, ""),
        ({}, f"{BODY}\n", 0, Fault.BODY_REWRITTEN, ""),
        ({}, "{}", 0, Fault.BODY_CHANGED, ""),
        ({}, "not JSON", 0, Fault.BODY_CHANGED, ""),
        ({}, BODY, 900, Fault.TIMESTAMP_TOO_FAR, "900"),
        ({SIGNATURE: "v1,AAAA"}, BODY, 0, Fault.SECRET_OTHER, ""),
    ],
)
def test_explain_signature__by_what_was_received__what_is_wrong_with_it(
    changed: dict[str, str], body: str, seconds: int, fault: Fault, detail: str
) -> None:
    headers = sign([KEY], message="m", at=AT, body=BODY) | changed

    found = explain_signature(
        [KEY], headers=headers, body=body.encode(), sent=BODY, at=AT + timedelta(seconds=seconds)
    )

    assert found == (fault, detail)


def test_signed_content__as_bytes__is_id_time_and_body() -> None:
    assert signed_content("m", 12, "가".encode()) == b"m.12." + "가".encode()
