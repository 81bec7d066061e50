"""The meters: what is declared is shown, it is true, and it names nobody."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from prometheus_client.parser import text_string_to_metric_families

from dangol.core.access.chain import chain_entries
from dangol.core.access.log import Access, AccessDraft, record_access
from dangol.core.access.models import AccessLink
from dangol.core.events.models import Cursor, Event, Head
from dangol.core.ledger.models import Entry
from dangol.core.metrics import TOLD, declared_metrics, read_gauges
from dangol.core.operations.models import PointsMoved, Proof, ProofName
from dangol.core.operations.proofs import is_overdue, note_proof, prove_access_log
from dangol.core.operations.tally import sum_points
from dangol.core.people.actors import HOUSE
from dangol.core.storage.ids import random_id
from dangol.core.tasks.models import Heartbeat
from tests.core.ledger.shop import let_worker_by
from tests.house_rules import ROOT
from tests.web.story import NOW, tell_story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
DOCS = ROOT / "docs"
# Told only on one database, or only once something of the kind has happened.
SILENT = {
    "sqlite": {"sequencer_age_seconds", "db_oldest_writing_tx_seconds", "db_prepared_tx", "db_connections"},
    "postgresql": {"sqlite_wal_bytes"},
}


def readings(at: datetime = AT) -> dict[str, dict[tuple[str, ...], float]]:
    """Return what the database tells, by metric and labels."""
    return {
        sample.name: {
            tuple(one.labels.values()): one.value for one in family.samples if one.name == sample.name
        }
        for family in read_gauges(at)
        for sample in family.samples
    }


def test_gauges__each_declared_one__is_told_on_its_database() -> None:
    tell_story()
    let_worker_by()
    while sum_points(at=NOW):
        pass
    Heartbeat.objects.update_or_create(name="sequencer", defaults={"pid": 1, "beat_at": NOW})
    for name in ProofName:
        note_proof(name, at=NOW)

    told = set(readings(NOW))

    counted_here = {name for name, one in TOLD.items() if one.kind == "histogram"}
    of_database = {
        name
        for name in declared_metrics()
        if not name.startswith(("http_", "login_", "pii_", "idempotency_", "db_pool_"))
    } - counted_here - {
        "db_tx_retries_total", "sqlite_busy_seconds_total", "consumer_errors_total", "webhook_attempts_total",
        "coupon_miss_total",
    }  # fmt: skip
    assert of_database - told == SILENT[connection.vendor]
    assert told <= of_database


def test_points_moved__summed_in_stretches__are_what_the_ledger_says() -> None:
    tell_story()
    let_worker_by()

    while sum_points(at=NOW):
        pass

    told = readings(NOW)
    spent = sum(Entry.objects.filter(account="spent").values_list("points", flat=True))
    assert told["points_redeemed_total"] == {("PTS",): float(spent)}
    assert told["points_issued_total"]["PTS",] > 0
    before = dict(PointsMoved.objects.values_list("event", "points"))
    assert sum_points(at=NOW) == 0
    assert dict(PointsMoved.objects.values_list("event", "points")) == before


def test_consumer_lag__events_wait__is_counted_and_timed() -> None:
    Head.objects.create(shard=0, position=3)
    customer = random_id()
    for number in (1, 2, 3):
        Event.objects.create(
            customer_id=customer, customer_seq=number, id=random_id(), name="x.y", occurred_at=AT,
            recorded_at=AT + timedelta(seconds=number), payload="{}", position=number,
        )  # fmt: skip
    Cursor.objects.create(consumer="slow", position=1)

    told = readings(AT + timedelta(seconds=60))

    assert told["consumer_lag_events"]["slow",] == 2
    assert told["consumer_lag_seconds"]["slow",] == 58
    assert told["consumer_lag_events"]["rewards.accrue",] == 3


def test_event_unsequenced__none_has_a_position__is_their_number() -> None:
    Event.objects.create(
        customer_id=random_id(), customer_seq=1, id=random_id(), name="x.y", occurred_at=AT,
        recorded_at=AT, payload="{}",
    )  # fmt: skip

    assert readings()["event_unsequenced"] == {("0",): 1.0}


def test_proofs__good_once_then_broken__age_grows_and_imbalance_shows() -> None:
    note_proof(ProofName.LEDGER, at=AT)
    note_proof(ProofName.LEDGER, at=AT + timedelta(hours=1), broken=2, told="balance.stored, lot.left")

    told = readings(AT + timedelta(hours=2))

    assert told["ledger_verify_age_seconds"] == {(): 7200.0}
    assert told["ledger_imbalance"] == {(): 2.0}
    assert "backup_age_seconds" not in told


def test_audit_chain__proved_then_tampered_with__falls_to_zero() -> None:
    record_access([AccessDraft(Access.DOWNLOAD, HOUSE, "for a test", people=2)], at=AT)
    assert chain_entries() == 1
    assert not prove_access_log(at=AT).faults
    assert readings(AT)["audit_chain_ok"] == {(): 1.0}
    AccessLink.objects.create(number=2, entry_id=random_id(), digest=bytes(32))

    prove_access_log(at=AT + timedelta(hours=1))

    told = readings(AT + timedelta(hours=2))
    assert told["audit_chain_ok"] == {(): 0.0}
    assert told["audit_verify_age_seconds"] == {(): 7200.0}


def test_metrics__scraped__are_those_the_pages_tell_of() -> None:
    tell_story()
    let_worker_by()
    while sum_points(at=NOW):
        pass
    Heartbeat.objects.update_or_create(name="sequencer", defaults={"pid": 1, "beat_at": NOW})
    for name in ProofName:
        note_proof(name, at=NOW)

    text = Client(REMOTE_ADDR="127.0.0.1").get("/metrics").content.decode()

    scraped = {
        f"{family.name}_total" if family.type == "counter" else family.name
        for family in text_string_to_metric_families(text)
        if not family.name.endswith("_created")
    }
    listed = set(re.findall(r"^\| `(\w+)` \|", (DOCS / "reference" / "metrics.md").read_text(), re.MULTILINE))
    assert scraped == listed - SILENT[connection.vendor]
    pages = "".join(path.read_text() for path in (DOCS / "operate").glob("*.md"))
    told = set(re.findall(r"\b[a-z]+(?:_[a-z]+)*_(?:total|seconds|ok|imbalance|bytes|connections)\b", pages))
    assert len(told) > 12
    assert told <= listed


@pytest.mark.parametrize(("hours", "overdue"), [(25, False), (27, True)])
def test_proof__older_than_a_day__is_overdue(hours: int, overdue: bool) -> None:
    note_proof(ProofName.BACKUP, at=AT)
    proof = Proof.objects.get(name="backup")

    assert is_overdue(proof, ProofName.BACKUP, as_of=AT + timedelta(hours=hours)) is overdue
    assert is_overdue(None, ProofName.BACKUP, as_of=AT)


def test_metrics__of_a_shop_with_people__cost_few_statements_and_name_nobody() -> None:
    story = tell_story()
    client = Client(REMOTE_ADDR="127.0.0.1")
    client.get("/nowhere/" + story.regular.hex())

    with CaptureQueriesContext(connection) as few:
        text = client.get("/metrics").content.decode()

    assert len(few) <= 16
    families = {family.name for family in text_string_to_metric_families(text)}
    assert {"http_requests", "http_request_duration_seconds", "consumer_lag_events"} <= families
    labels = {
        value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        for value in sample.labels.values()
    }
    assert not [value for value in labels if story.regular.hex() in value or "@" in value]
