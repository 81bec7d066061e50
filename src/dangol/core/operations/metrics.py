"""What the database knows of itself, asked for when a meter is read: each by an index or a row."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from django.db import connection

from dangol.core.duties.selectors import KINDS, read_duties
from dangol.core.events.consumers import cursor_consumers
from dangol.core.events.models import Cursor, Event
from dangol.core.events.selectors import read_head
from dangol.core.events.services import SHARD
from dangol.core.metrics import Reading, Told, gauges
from dangol.core.operations.models import PointsMoved, ProofName
from dangol.core.operations.proofs import find_proofs
from dangol.core.people.selectors import find_shop
from dangol.core.tasks.models import Heartbeat

_MOVED = {
    "points.earned": "points_issued_total",
    "points.spent": "points_redeemed_total",
    "points.expired": "points_expired_total",
}
_PROOFS = {
    ProofName.BACKUP: "backup_age_seconds",
    ProofName.KEY_BACKUP: "key_backup_age_seconds",
    ProofName.RESTORE_TEST: "restore_test_age_seconds",
    ProofName.LEDGER: "ledger_verify_age_seconds",
    ProofName.ACCESS_LOG: "audit_verify_age_seconds",
    ProofName.SEGMENTS: "segments_verify_age_seconds",
}


@gauges(
    {
        "event_unsequenced": Told(
            "gauge",
            ("shard",),
            "Committed events that have no position yet.",
            "more than 10,000 for a minute",
        ),
        "sequencer_age_seconds": Told(
            "gauge", (), "Seconds since the sequencer's last sign of life (PostgreSQL).", "more than 10"
        ),
        "consumer_lag_events": Told(
            "gauge", ("name",), "Events a consumer has still to read.", "more than 10,000 for 5 minutes"
        ),
        "consumer_lag_seconds": Told(
            "gauge", ("name",), "How long the first event it has still to read has waited.", "more than 60"
        ),
    }
)
def read_timeline(as_of: datetime) -> Iterator[Reading]:
    """Tell how far the sequencer and the consumers are."""
    waiting = Event.objects.filter(position=None).count()
    yield Reading("event_unsequenced", waiting, (str(SHARD),))
    if connection.vendor == "postgresql":
        beat = Heartbeat.objects.filter(name="sequencer").values_list("beat_at", flat=True).first()
        if beat:
            yield Reading("sequencer_age_seconds", (as_of - beat).total_seconds())
    head = read_head()
    places = {one.name: 0 for one in cursor_consumers()}
    places |= dict(Cursor.objects.values_list("consumer", "position"))
    nexts = {position + 1 for position in places.values() if position < head}
    recorded = dict(Event.objects.filter(position__in=nexts).values_list("position", "recorded_at"))
    for name, position in sorted(places.items()):
        first = recorded.get(position + 1)
        yield Reading("consumer_lag_events", max(0, head - position), (name,))
        waited = max(0.0, (as_of - first).total_seconds()) if first else 0.0
        yield Reading("consumer_lag_seconds", waited, (name,))


@gauges(
    {
        "duties_waiting": Told(
            "gauge",
            ("kind",),
            "What the law asks of the shop and waits: incidents, reviews, requests, notices.",
        ),
        "duties_overdue": Told("gauge", ("kind",), "Those of them whose day is over.", "anything but 0"),
    }
)
def read_owed(as_of: datetime) -> Iterator[Reading]:
    """Tell how many duties of each kind wait and are late; nothing before there is a shop."""
    found = find_shop()
    lines = {line.kind: line for line in read_duties(as_of=as_of, zone=found.tz)} if found else {}
    for kind in KINDS if found else ():
        line = lines.get(kind)
        yield Reading("duties_waiting", line.waiting if line else 0, (kind,))
        yield Reading("duties_overdue", line.overdue if line else 0, (kind,))


@gauges(
    {
        "points_issued_total": Told("counter", ("currency",), "Points earned."),
        "points_redeemed_total": Told("counter", ("currency",), "Points spent."),
        "points_expired_total": Told("counter", ("currency",), "Points that lapsed unused."),
    }
)
def read_points(as_of: datetime) -> Iterator[Reading]:
    """Tell how many points have moved, up to a few seconds ago."""
    for currency, event, points in PointsMoved.objects.values_list("currency", "event", "points"):
        yield Reading(_MOVED[event], points, (currency,))


@gauges(
    {
        "ledger_imbalance": Told(
            "gauge", (), "Invariants broken at the last `dangol ledger verify`, which runs every night.",
            "anything but 0: page at once",
        ),
        "ledger_verify_age_seconds": Told(
            "gauge", (), "Seconds since the ledger was last proved right.", "more than 93,600 (26 h)"
        ),
        "audit_chain_ok": Told(
            "gauge", (), "1 if the access log was what was written at its last check, which runs every night;"
            " else 0.", "0: page at once",
        ),
        "audit_verify_age_seconds": Told(
            "gauge", (), "Seconds since the access log was last proved right.", "more than 93,600 (26 h)"
        ),
        "segments_astray": Told(
            "gauge", (), "Segments with other members than their conditions say at the last `dangol segments"
            " verify`, which runs every night.", "anything but 0",
        ),
        "segments_verify_age_seconds": Told(
            "gauge", (), "Seconds since the members of all segments were last proved right.",
            "more than 93,600 (26 h)",
        ),
        "backup_age_seconds": Told(
            "gauge", (), "Seconds since the last good backup.", "more than 93,600 (26 h)"
        ),
        "key_backup_age_seconds": Told(
            "gauge", (), "Seconds since the last good backup of the key store.", "more than 93,600 (26 h)"
        ),
        "restore_test_age_seconds": Told(
            "gauge", (), "Seconds since a backup was last restored and proved.", "more than 691,200 (8 days)"
        ),
    }
)  # fmt: skip
def read_proofs(as_of: datetime) -> Iterator[Reading]:
    """Tell how old each proof is; of what was never proved nothing is told."""
    for name, proof in find_proofs().items():
        if proof.good_at:
            yield Reading(_PROOFS[name], (as_of - proof.good_at).total_seconds())
        if name is ProofName.LEDGER:
            yield Reading("ledger_imbalance", proof.broken)
        if name is ProofName.ACCESS_LOG:
            yield Reading("audit_chain_ok", 0 if proof.broken else 1)
        if name is ProofName.SEGMENTS:
            yield Reading("segments_astray", proof.broken)


@gauges(
    {
        "db_oldest_writing_tx_seconds": Told(
            "gauge", (), "Age of the oldest transaction that has written (PostgreSQL).", "more than 60"
        ),
        "db_prepared_tx": Told(
            "gauge", (), "Prepared transactions that somebody forgot (PostgreSQL).", "anything but 0"
        ),
        "db_connections": Told(
            "gauge", ("state",), "Connections to this database by state (PostgreSQL).",
            "more than 80 % of max_connections",
        ),
        "sqlite_wal_bytes": Told(
            "gauge", (), "Size of SQLite's write-ahead log.", "more than 268,435,456 (256 MB) for 10 minutes"
        ),
    }
)  # fmt: skip
def read_database(as_of: datetime) -> Iterator[Reading]:
    """Tell what the database says of its own transactions, or how long SQLite's log is."""
    if connection.vendor != "postgresql":
        log = Path(f"{connection.settings_dict['NAME']}-wal")
        yield Reading("sqlite_wal_bytes", log.stat().st_size if log.is_file() else 0)
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(extract(epoch FROM max(now() - xact_start)"
            " FILTER (WHERE backend_xid IS NOT NULL)), 0),"
            " (SELECT count(*) FROM pg_prepared_xacts)"
            " FROM pg_stat_activity WHERE datname = current_database()"
        )
        oldest, prepared = cursor.fetchone()
        yield Reading("db_oldest_writing_tx_seconds", max(0.0, float(oldest)))
        yield Reading("db_prepared_tx", prepared)
        cursor.execute(
            "SELECT coalesce(state, 'other'), count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() GROUP BY 1"
        )
        for state, count in cursor.fetchall():
            yield Reading("db_connections", count, (state,))
