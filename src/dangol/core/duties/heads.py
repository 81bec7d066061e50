"""The access log's head, signed and sent off the machine: what no owner of the database can take back.

A checkpoint is a document of JSON: how many entries there have been, the hash that holds them all, when, and
an Ed25519 signature (RFC 8032) over the document without it. The key pair is derived from the instance's
secret (HKDF-SHA-256, RFC 5869), so that every machine of an instance signs alike and nothing more is kept.
"""

import logging
import os
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from dangol.core.access.chain import ChainHead, chain_entries, read_head
from dangol.core.duties.errors import (
    CheckpointForged,
    CheckpointMalformed,
    CheckpointOfAnother,
    FolderUnusable,
)
from dangol.core.duties.models import SignedHead
from dangol.core.messaging.contents import AccessLogCheckpoint
from dangol.core.messaging.services import MessageDraft, leave_messages
from dangol.core.people.selectors import shop
from dangol.core.storage.ids import new_id
from dangol.core.storage.rows import insert_missing
from dangol.core.storage.transactions import write_transaction

logger = logging.getLogger(__name__)
SCHEMA = "dangol.access_log.checkpoint/1"
LONGEST_DOCUMENT = 4_096
# A folder that was away for so many checkpoints is filled when it is back.
FILED_AGAIN = 31
_INFO = b"dangol access log checkpoint 1"


class Checkpoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The document: its fields in this order are what is signed, `signature` left empty."""

    schema: str
    shop: str
    at: datetime
    count: int
    head: str
    public_key: str
    signature: str = ""

    def signed_bytes(self) -> bytes:
        """Return what the signature is over."""
        return msgspec.json.encode(msgspec.structs.replace(self, signature=""))

    @property
    def chain_head(self) -> ChainHead:
        """The head, as a check of the chain takes it."""
        return ChainHead(self.count, bytes.fromhex(self.head))


def _private_key() -> Ed25519PrivateKey:
    secret = settings.SECRET_KEY.encode()
    return Ed25519PrivateKey.from_private_bytes(HKDF(SHA256(), 32, salt=None, info=_INFO).derive(secret))


def public_key() -> str:
    """Return this instance's public key in base64: to be written down where checkpoints are kept."""
    return b64encode(_private_key().public_key().public_bytes_raw()).decode()


def sign_head(*, at: datetime, due_at: datetime | None = None, language: str) -> Checkpoint:
    """Sign the head as of now, keep it, and leave it in the outbox for whom the settings name.

    For one `due_at` there is one, however often it is asked for: then the first is returned.
    """
    while chain_entries():
        pass
    with write_transaction():
        unsigned = Checkpoint(
            SCHEMA, shop().name, at.astimezone(UTC), *_head_fields(read_head()), public_key()
        )
        signature = b64encode(_private_key().sign(unsigned.signed_bytes())).decode()
        made = msgspec.structs.replace(unsigned, signature=signature)
        document = msgspec.json.encode(made).decode()
        row = (new_id(), due_at or at, at, made.count, bytes.fromhex(made.head), document)
        if not insert_missing(SignedHead, ("id", "due_at", "at", "number", "digest", "document"), [row]):
            stands = SignedHead.objects.values_list("document", flat=True).get(due_at=due_at or at)
            return msgspec.json.decode(stands, type=Checkpoint)
        _leave_mail(made, document, at=at, language=language)
    logger.info("access log checkpoint %s", made.chain_head.text)
    return made


def _head_fields(head: ChainHead) -> tuple[int, str]:
    return head.number, head.digest.hex()


def _leave_mail(made: Checkpoint, document: str, *, at: datetime, language: str) -> None:
    content = AccessLogCheckpoint(shop=made.shop, count=made.count, document=document)
    addresses: Sequence[str] = settings.CHECKPOINT_MAIL
    leave_messages([MessageDraft(to, content, language) for to in addresses], at=at)


def file_heads(folder: Path) -> list[Path]:
    """Write the latest checkpoints that are not there yet into a folder; returns the new files.

    Each is written whole or not at all, and none over another. Raises FolderUnusable.
    """
    rows = SignedHead.objects.order_by("-at").values_list("at", "number", "document")[:FILED_AGAIN]
    made = []
    for at, number, document in reversed(list(rows)):
        path = folder / f"access-log-{at:%Y%m%dT%H%M%SZ}-{number}.json"
        if not path.exists():
            _write_new(path, document)
            made.append(path)
    return made


def _write_new(path: Path, document: str) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with draft.open("x", encoding="utf-8") as file:
            file.write(f"{document}\n")
            file.flush()
            os.fsync(file.fileno())
        # A link, unlike a rename, never takes the place of a file that is there.
        with suppress(FileExistsError):
            os.link(draft, path)
    except OSError as error:
        raise FolderUnusable(folder=str(path.parent), reason=error.strerror or "") from None
    finally:
        with suppress(OSError):
            draft.unlink()


def read_checkpoint(document: bytes, *, known_key: str = "") -> Checkpoint:
    """Return a checkpoint that was signed by this instance, or by whoever has `known_key`.

    Raises CheckpointMalformed for what is none, CheckpointForged where its signature does not hold, and
    CheckpointOfAnother where it holds, but under a key that is neither.
    """
    if len(document) > LONGEST_DOCUMENT:
        raise CheckpointMalformed(longest=LONGEST_DOCUMENT)
    try:
        found = msgspec.json.decode(document, type=Checkpoint)
        key = Ed25519PublicKey.from_public_bytes(b64decode(found.public_key, validate=True))
        signature = b64decode(found.signature, validate=True)
        is_head = found.count >= 0 and len(bytes.fromhex(found.head)) == SHA256.digest_size
    except (msgspec.DecodeError, Base64Error, ValueError):
        raise CheckpointMalformed(longest=LONGEST_DOCUMENT) from None
    if found.schema != SCHEMA or not is_head:
        raise CheckpointMalformed(longest=LONGEST_DOCUMENT)
    try:
        key.verify(signature, found.signed_bytes())
    except InvalidSignature:
        raise CheckpointForged(at=found.at.isoformat()) from None
    if found.public_key != (known_key or public_key()):
        raise CheckpointOfAnother(key=found.public_key)
    return found
