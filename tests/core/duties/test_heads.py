"""Checkpoints: signed once a day, sent away whole, and nothing but the real one is believed."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from django.db import DatabaseError, connection
from django.test.utils import override_settings
from pytest_django.fixtures import Settings

from dangol.core.access.chain import _ENTRY, link, read_head, verify_chain
from dangol.core.access.log import Access, AccessDraft, record_access
from dangol.core.access.models import AccessEntry, AccessLink
from dangol.core.duties import errors
from dangol.core.duties.heads import Checkpoint, file_heads, public_key, read_checkpoint, sign_head
from dangol.core.duties.models import SignedHead
from dangol.core.messaging.models import Message
from dangol.core.messaging.sealed_contents import open_contents
from dangol.core.people.actors import HOUSE
from dangol.core.people.shops import set_shop
from dangol.core.storage.transactions import write_transaction
from dangol.core.tasks.models import Job, State
from dangol.core.tasks.registry import Due
from dangol.core.tasks.runner import Runner
from dangol.core.tasks.services import enqueue
from dangol.domain.errors import DomainError
from tests.core.access.tampering import tamper, triggers

__all__ = ["triggers"]
pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
ELSEWHERE = "dangol-another-secret-of-forty-characters"


@pytest.fixture(autouse=True)
def shop(db: None) -> None:
    set_shop(name="골목 가게", zone="Asia/Seoul", currency="KRW", region="KR")


def look(times: int, *, at: datetime = AT) -> None:
    drafts = [AccessDraft(Access.DOWNLOAD, HOUSE, f"look {number}", people=2) for number in range(times)]
    record_access(drafts, at=at)


def as_file(checkpoint: Checkpoint) -> bytes:
    return msgspec.json.encode(checkpoint)


def run_task(at: datetime) -> None:
    with write_transaction():
        enqueue("duties.sign_head", Due(at=at), run_at=at, enqueued_at=at)
    runner = Runner(lambda: at)
    while runner.run_due():
        pass


def test_task__daily__one_head_in_the_table_the_folder_and_the_mail(
    tmp_path: Path, settings: Settings
) -> None:
    settings.CHECKPOINT_FOLDER, settings.CHECKPOINT_MAIL = tmp_path, ["owner@shop.example"]
    look(3)

    run_task(AT)
    run_task(AT)

    [row] = SignedHead.objects.all()
    [file] = list(tmp_path.iterdir())
    assert file.read_text() == f"{row.document}\n"
    assert read_checkpoint(file.read_bytes().strip()).chain_head == read_head()
    assert read_head().number == 3
    [message] = Message.objects.all()
    assert message.sealed is not None
    [opened] = open_contents([(message.customer_id, message.id, message.template, bytes(message.sealed))])
    assert row.document in str(opened)


def test_task__folder_away__is_tried_again_and_filled_when_it_is_back(
    tmp_path: Path, settings: Settings
) -> None:
    away = tmp_path / "mount"
    settings.CHECKPOINT_FOLDER = away
    look(1)

    run_task(AT)

    assert Job.objects.get().state == State.WAITING
    away.mkdir()
    run_task(AT + timedelta(days=1))
    assert sorted(path.name for path in away.iterdir()) == [
        "access-log-20260301T093000Z-1.json",
        "access-log-20260302T093000Z-1.json",
    ]


def test_files__there_already__are_never_written_over(tmp_path: Path) -> None:
    look(1)
    sign_head(at=AT, language="ko")
    [file] = file_heads(tmp_path)
    file.write_text("kept")

    assert file_heads(tmp_path) == []
    assert file.read_text() == "kept"
    assert os.listdir(tmp_path) == [file.name]


@pytest.mark.parametrize(
    "change",
    [
        {"count": 2},
        {"head": "00" * 32},
        {"at": AT + timedelta(seconds=1)},
        {"shop": "other"},
        {"signature": "AAAA"},
    ],
)
def test_checkpoint__any_part_changed__is_not_believed(change: dict[str, object]) -> None:
    look(1)
    made = sign_head(at=AT, language="ko")
    assert read_checkpoint(as_file(made)) == made

    with pytest.raises(errors.CheckpointForged):
        read_checkpoint(as_file(msgspec.structs.replace(made, **change)))


@pytest.mark.parametrize("document", [b"", b"{}", b"[]", b"\xff", b"0" * 5_000, b'{"schema": 1}', b"null"])
def test_checkpoint__anything_else__is_refused_in_words(document: bytes) -> None:
    with pytest.raises(errors.CheckpointMalformed):
        read_checkpoint(document)


@pytest.mark.parametrize(
    "change", [{"head": "zz"}, {"head": "00"}, {"public_key": "AAAA"}, {"schema": "x"}, {"count": -1}]
)
def test_checkpoint__form_that_cannot_be__is_malformed(change: dict[str, object]) -> None:
    made = sign_head(at=AT, language="ko")

    with pytest.raises(DomainError) as refusal:
        read_checkpoint(as_file(msgspec.structs.replace(made, **change)))

    assert refusal.value.code == "duties.checkpoint_malformed"


def test_checkpoint__of_another_secret__is_believed_with_its_key_only() -> None:
    with override_settings(SECRET_KEY=ELSEWHERE):
        made, key = sign_head(at=AT, language="ko"), public_key()

    with pytest.raises(errors.CheckpointOfAnother):
        read_checkpoint(as_file(made))
    assert read_checkpoint(as_file(made), known_key=key) == made
    # The day's head stands, though today's secret signs differently.
    assert sign_head(at=AT, language="ko") == made


@pytest.mark.usefixtures("triggers")
def test_checkpoint__chain_made_anew__is_found_out_by_the_file() -> None:
    look(2)
    kept = as_file(sign_head(at=AT, language="ko"))
    forge_chain()

    assert not verify_chain(as_of=AT).faults, "the chain alone does not tell"
    faults = verify_chain(as_of=AT, anchor=read_checkpoint(kept).chain_head).faults
    assert [one.what for one in faults] == ["rewritten"]


def forge_chain() -> None:
    """Change the last entry and make its link anew, so that the chain by itself is sound."""
    tamper("UPDATE dg_access_entry SET reason = 'nothing' WHERE reason = 'look 1'")
    before, last = AccessLink.objects.order_by("number")
    entry = AccessEntry.objects.values_list(*_ENTRY).get(id=last.entry_id)
    AccessLink.objects.filter(number=last.number).update(digest=link(bytes(before.digest), entry))


def test_head__changed_by_sql__the_database_refuses() -> None:
    sign_head(at=AT, language="ko")

    for sql in ("UPDATE dg_duty_head SET number = 9", "DELETE FROM dg_duty_head"):
        with pytest.raises(DatabaseError), write_transaction(), connection.cursor() as cursor:
            cursor.execute(sql)
