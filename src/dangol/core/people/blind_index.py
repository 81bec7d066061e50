"""The blind index: finding a value without keeping it.

A value's hash is HMAC-SHA-256 under a key of its own, cut to 16 bytes. That key is derived by HKDF (RFC 5869)
from the index key, one for each use, so that a card number ending like a phone number looks different.
The index key lies in the key store under the master key but is not derived from it: rotating the master
key leaves every hash as it is.
"""

import hmac
from collections.abc import Iterable
from functools import lru_cache

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from dangol.core.people.data_keys import shared_key
from dangol.core.storage.master_keys import KEY_BYTES

HASH_BYTES = 16
_INDEX_KEY = "blind-index"


@lru_cache(maxsize=16)
def _derived(index_key: bytes, use: str) -> bytes:
    info = f"dangol blind index v1 {use}".encode()
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(index_key)


def hash_values(use: str, values: Iterable[str]) -> dict[str, bytes]:
    """Return the hash of each value for one use (an identity's kind, `name`, `ending`)."""
    key = _derived(shared_key(_INDEX_KEY), use)
    return {
        value: hmac.digest(key, value.encode("utf-8", "surrogatepass"), "sha256")[:HASH_BYTES]
        for value in values
    }
