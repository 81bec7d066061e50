"""What a browser keeps that it cannot read itself: sealed for us, opened by us alone.

A page is handed a public key and, wrapped under the master keys, the private one that belongs to it; it keeps
both and hands the second back with what it has sealed. So nothing has to be kept here. The wrapped key opens
only beside the holder it was made for: nobody can pass off as another's what they sealed. The browser agrees
on a secret of its own with the public key (ECDH on P-256, NIST SP 800-56A), derives a key from it (HKDF, RFC
5869) and seals with AES-GCM (NIST SP 800-38D), bound to the name of what is sealed.
"""

import binascii
import hashlib
from base64 import b64decode, b64encode
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from dangol.core.storage.master_keys import KEY_BYTES, UnknownMasterKey, WrappedKeyBroken, key_ring

_INFO = b"dangol till queue 1"


class Seal(NamedTuple):
    """A public key (an uncompressed point) and its wrapped private one, both as base64, and for whom."""

    public: str
    wrapped: str
    holder: str


class Sealed(NamedTuple):
    """What a browser sealed: as base64, with the wrapped key it was sealed for; and who held it, as text."""

    wrapped: str
    point: str
    nonce: str
    text: str
    holder: str


class NotOpened(Exception):
    """It was not sealed for us, not as it is named or by whom it says, or under a master key that is gone."""


def _owner(holder: str) -> bytes:
    """Return whose key it is, among all that the master keys wrap."""
    return hashlib.sha256(b"dangol till queue\0" + holder.encode()).digest()[:16]


def new_seal(holder: str) -> Seal:
    """Return a fresh pair of keys for a holder's browser to keep."""
    private = ec.generate_private_key(ec.SECP256R1())
    secret = private.private_numbers().private_value.to_bytes(KEY_BYTES)
    point = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    wrapped = key_ring().wrap(secret, owner=_owner(holder)).blob
    return Seal(b64encode(point).decode(), b64encode(wrapped).decode(), holder)


def open_sealed(sealed: Sealed, *, name: str) -> str:
    """Return what was sealed under a name by the holder it tells; raises NotOpened."""
    try:
        wrapped, point, nonce, text = (b64decode(one, validate=True) for one in sealed[:4])
        secret = int.from_bytes(key_ring().unwrap(wrapped, owner=_owner(sealed.holder)))
        private = ec.derive_private_key(secret, ec.SECP256R1())
        theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        shared = private.exchange(ec.ECDH(), theirs)
        key = HKDF(SHA256(), KEY_BYTES, salt=point, info=_INFO).derive(shared)
        return AESGCM(key).decrypt(nonce, text, name.encode()).decode()
    except (binascii.Error, ValueError, InvalidTag, UnknownMasterKey, WrappedKeyBroken):
        raise NotOpened from None
