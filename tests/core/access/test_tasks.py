"""Upkeep: what no longer counts goes, what is still to be asked about stays."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.sessions.models import Session

from dangol.core.access.attempts import Subject, begin_attempt
from dangol.core.access.models import Attempts, Grant, SignIn
from dangol.core.access.services import make_owner
from dangol.core.access.sessions import Origin, Outcome, record_sign_in
from dangol.core.storage.transactions import write_transaction
from dangol.core.tasks.models import Job, State
from dangol.core.tasks.registry import Due
from dangol.core.tasks.runner import Runner
from dangol.core.tasks.services import enqueue

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
AT = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(("days", "kept"), [(364, 1), (366, 0)])
def test_forget__sign_ins__are_kept_for_a_year_and_grants_for_good(days: int, kept: int) -> None:
    owner = make_owner("owner", "four words in a row", reason="first", at=AT)
    record_sign_in(Outcome.FAILED, staff=owner, how="password", origin=Origin("::1", ""), at=AT)
    begin_attempt({Subject.ACCOUNT: "owner"}, at=AT)
    Session.objects.create(session_key="old", session_data="", expire_date=AT)

    run_upkeep(AT + timedelta(days=days))

    assert SignIn.objects.count() == kept
    assert Attempts.objects.count() == Session.objects.count() == 0
    assert Grant.objects.count() == 1


def run_upkeep(at: datetime) -> None:
    """Let the worker do the floor's upkeep as of an instant."""
    with write_transaction():
        enqueue("access.forget", Due(at=at), run_at=at, enqueued_at=at)
    Runner(lambda: at).run_due()
    assert not Job.objects.exclude(state=State.DONE).exists()
