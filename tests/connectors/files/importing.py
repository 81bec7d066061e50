"""The child process of the kill test: makes a home, or imports into it and tells all that is in its tables.

On PostgreSQL the environment names the home's databases. Batches are small, so that a second process
takes part; it is waited for, and, where that is asked for, killed in the middle of its work. `alone` has
everything decided by one process under the lock: what all others are measured by.
"""

import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

WHAT, HOME, FILE = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
HOME.mkdir(parents=True, exist_ok=True)
os.environ |= {
    "DANGOL_HOME": str(HOME),
    "DANGOL_SECRET_KEY": "only-for-tests-only-for-tests-only-for-tests",
    "DANGOL_MASTER_KEYS": "test-1:dGVzdC1tYXN0ZXIta2V5LW9mLTMyLWJ5dGVzLWxvbmc=",
    "DJANGO_SETTINGS_MODULE": "dangol.project.settings",
}

import django  # noqa: E402 - settings come first

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from dangol.connectors.files import loading, partner  # noqa: E402
from dangol.connectors.files.columns import Kind  # noqa: E402
from dangol.connectors.files.loaders import orders  # noqa: E402
from tests.connectors.files.shops import bring_in, open_program, open_shop  # noqa: E402
from tests.sizes import SIZE  # noqa: E402
from tests.waiting import PATIENCE  # noqa: E402

# By natural keys only: ids are random, and so is when each was learned.
TOLD = (
    "SELECT number, name, category FROM dg_product ORDER BY 1",
    """SELECT o.source, o.number, o.placed_at, o.channel, o.list_minor, o.discount_minor,
       o.net_minor, o.line_count,
       o.earns, l.number, p.number, l.quantity_milli,
       l.net_minor FROM dg_order o
       JOIN dg_order_line l ON l.customer_id = o.customer_id AND l.order_id = o.id
       JOIN dg_product p ON p.id = l.product_id ORDER BY o.number, l.number""",
    """SELECT r.number, r.returned_at, o.number, p.number, l.quantity_milli, l.net_minor FROM dg_return r
       JOIN dg_return_line l ON l.customer_id = r.customer_id AND l.return_id = r.id
       JOIN dg_product p ON p.id = l.product_id
       LEFT JOIN dg_order o ON o.customer_id = l.customer_id AND o.id = l.order_id ORDER BY 1, 4, 5""",
    """SELECT t.kind, t.points, t.occurred_at, t.reason, coalesce(o.number, r.number), e.number,
       e.account, e.points
       FROM dg_transfer t JOIN dg_entry e ON e.customer_id = t.customer_id AND e.transfer_id = t.id
       LEFT JOIN dg_order o ON o.customer_id = t.customer_id AND o.id = t.subject_id
       LEFT JOIN dg_return r ON r.customer_id = t.customer_id AND r.id = t.subject_id
       ORDER BY 3, 5, 1, 6, 2""",
    'SELECT points, "left", expired, reversed, earned_at FROM dg_lot ORDER BY 5, 1, 2, 4',
    "SELECT name, occurred_at, count(*) FROM dg_event GROUP BY 1, 2 ORDER BY 1, 2",
    "SELECT max(n), count(*), sum(n) FROM (SELECT max(customer_seq) AS n FROM dg_event GROUP BY customer_id)",
    "SELECT kind, count(*) FROM dg_customer GROUP BY 1 ORDER BY 1",
    "SELECT level, count(*) FROM dg_membership GROUP BY 1 ORDER BY 1",
    "SELECT state, row_count, bad_count, item_count, done_count, counts FROM dg_import_job",
)


ENDINGS = {"killed": signal.SIGKILL, "stopped": signal.SIGSTOP}


class Partner(partner.Partner):
    """A partner that is there from the first batch on, and leaves off after a few where that is asked for."""

    def begin(self, place: int) -> None:
        """Wait until it is up; after the third batch it may be dead, or stand still, at any moment."""
        if self._pipe and not self.has_begun:
            self._pipe.poll(PATIENCE)
        super().begin(place)
        if self.has_begun and place == 1:
            sys.stdout.write("side by side\n")
        if self.has_begun and place > 3 and WHAT in ENDINGS:
            os.kill(self._process.pid or 0, ENDINGS[WHAT])


def main() -> None:
    """Do what the parent asks."""
    print("at work", flush=True)
    orders.BATCH = SIZE.import_batch
    vars(loading)["Partner"] = Partner
    if WHAT == "init":
        call_command("migrate", verbosity=0)
        call_command("migrate", database="keys", verbosity=0)
        open_shop()
        open_program()
        return
    orders.OrdersLoader.can_plan = WHAT != "alone"
    partner.PATIENCE_SECONDS = 3.0
    bring_in(HOME, Kind.ORDERS, FILE, at=datetime(2026, 6, 1, 3, 0, tzinfo=UTC))
    tell()


def tell() -> None:
    """Write all that is in the tables, and the rows that could not be read."""
    with connection.cursor() as cursor:
        for sql in TOLD:
            cursor.execute(sql)
            for row in cursor.fetchall():
                sys.stdout.write(f"{row}\n")
    sys.stdout.write((next((HOME / "imports").glob("*/errors.csv"))).read_text(encoding="utf-8-sig"))


if __name__ == "__main__":  # the second process imports this file too
    main()
