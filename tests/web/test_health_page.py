"""The page of the instance's state: what is good, what is not, and the command that mends it."""

from datetime import timedelta

import pytest
from django.test import Client

from dangol.core.operations.models import ProofName
from dangol.core.operations.proofs import note_proof
from dangol.core.tasks.models import Heartbeat
from dangol.web.health_words import PROOFS
from tests.web.story import NOW, Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def prove_all() -> None:
    for name in ProofName:
        note_proof(name, at=NOW - timedelta(hours=1))


def test_health__all_proved_and_alive__says_that_all_is_well(clerk: Client, story: Story) -> None:
    prove_all()

    page = clerk.get("/health").content.decode()

    assert "볼 것이 있어요" not in page
    assert "일하고 있어요" in page
    assert "dangol doctor" in page
    assert "dangol backup test" not in page


def test_health__never_backed_up__says_so_with_the_command(clerk: Client, story: Story) -> None:
    page = clerk.get("/health").content.decode()

    assert "볼 것이 있어요" in page
    assert page.count("한 번도 없었어요") == len(ProofName)
    assert all(command in page for _name, command in PROOFS.values())
    assert set(PROOFS) == set(ProofName)


def test_health__broken_proof_and_silent_worker__are_told_apart(clerk: Client, story: Story) -> None:
    prove_all()
    note_proof(ProofName.LEDGER, at=NOW, broken=1, told="/home/secret-folder")
    Heartbeat.objects.filter(name="worker").update(beat_at=NOW - timedelta(minutes=5))

    page = clerk.get("/health").content.decode()

    assert "맞지 않았어요" in page
    assert "조용해요" in page
    assert page.count("dangol ledger verify") == 1
    assert "secret-folder" not in page


def test_health__backup_of_last_month__is_too_old(clerk: Client, story: Story) -> None:
    prove_all()
    note_proof(ProofName.BACKUP, at=NOW - timedelta(days=30))

    assert "너무 오래됐어요" in clerk.get("/health").content.decode()
