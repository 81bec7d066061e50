"""Run every test on SQLite, then what is about databases on PostgreSQL: `python -m tests`.

`--only postgres` runs there whatever touches a database at all, pages and commands too, as `make soak` does;
`--only sqlite` leaves the other one out. Both say so. No test may be skipped on both, but
for those that need a browser, curl or a container engine where there is none, and they say so. The last line
tells what ran on what; further words go to pytest.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.reports import MAY_LACK
from tests.sizes import SIZE

ROOT = Path(__file__).resolve().parent.parent
KINDS = ("sqlite", "postgres")
# These know no database, or look at pages that are the same on both: once is enough.
ONCE = (
    "tests/domain",
    "tests/insight",
    "tests/test_house.py",
    "tests/test_tidy.py",
    "tests/test_docs.py",
    "tests/test_runs.py",
    "tests/test_containers.py",
    "tests/test_quickstart.py",
    "tests/test_security_page.py",
    "tests/connectors/files/test_delimited.py",
    "tests/connectors/files/test_parsing.py",
    "tests/dangol_client/test_sending.py",
    "tests/rooms/personalization/test_engines.py",
    "tests/web/test_browser.py",
    "tests/web/test_catalog.py",
    "tests/web/test_import_browser.py",
    "tests/web/test_me_browser.py",
    "tests/web/test_pages.py",
    "tests/web/test_passkeys.py",
)

# Shells over what both databases are tested with below them: seen on SQLite, and on PostgreSQL where that
# alone is asked for, or all at full size. Of these files the database is what they are about.
SHELLS = ("tests/web", "tests/cli", "tests/dangol_client", "tests/api")
ABOUT_DATABASES = (
    "tests/api/test_checkout.py",
    "tests/api/test_cloud_events.py",
    "tests/api/test_coupons.py",
    "tests/api/test_credit.py",
    "tests/api/test_door.py",
    "tests/api/test_events.py",
    "tests/api/test_gift_cards.py",
    "tests/api/test_idempotency.py",
    "tests/api/test_jobs.py",
    "tests/api/test_merged.py",
    "tests/api/test_orders.py",
    "tests/api/test_tracking.py",
    "tests/api/test_under_fire.py",
    "tests/cli/test_backup.py",
    "tests/cli/test_clock.py",
    "tests/cli/test_doctor.py",
    "tests/cli/test_faults.py",
    "tests/cli/test_import.py",
    "tests/cli/test_ledger.py",
    "tests/web/test_bulk.py",
    "tests/web/test_full_disk.py",
    "tests/web/test_hostile.py",
    "tests/web/test_intake.py",
    "tests/web/test_many_members.py",
    "tests/web/test_members.py",
    "tests/web/test_order_acts.py",
    "tests/web/test_orders.py",
    "tests/web/test_overview.py",
    "tests/web/test_two_stores.py",
)

# A test that stands still is named with where each of its threads stands, and fails: others go on.
GUARD = ("-o", "faulthandler_timeout=900", "-o", "faulthandler_exit_on_timeout=true")


def cores() -> int:
    """Return the cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def left_out(kind: str, *, is_alone: bool) -> list[str]:
    """Return the files that are not run on a kind of database: what the run on SQLite has shown or shows."""
    if kind != "postgres":
        return []
    if is_alone:
        return list(ONCE)
    shells = (path for folder in SHELLS for path in sorted((ROOT / folder).glob("test_*.py")))
    names = [path.relative_to(ROOT).as_posix() for path in shells]
    return [*dict.fromkeys([*ONCE, *(one for one in names if one not in ABOUT_DATABASES)])]


def run(kind: str, report: Path, words: list[str], *, is_alone: bool) -> int:
    """Run the tests on one kind of database; return pytest's exit code."""
    given = {"DANGOL_TEST_DATABASE": kind, "DANGOL_TEST_REPORT": str(report)}
    ignored = [f"--ignore={path}" for path in left_out(kind, is_alone=is_alone)]
    workers = ["-n", str(cores()), "--dist", "worksteal"]
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        *workers,
        *([] if SIZE.soak else GUARD),
        *ignored,
        *words,
    ]
    return subprocess.run(
        command, cwd=ROOT, env=os.environ | given, stdin=subprocess.DEVNULL, check=False
    ).returncode


def complaints(reports: dict[str, Any], kinds: Sequence[str]) -> list[str]:
    """Return what a green run may still hide: a database that had no test, a test that ran nowhere."""
    if not kinds:
        return ["Write sqlite or postgres after --only."]
    found = [f"No test ran on {kind}." for kind in kinds if not reports.get(kind, {}).get("on_database")]
    if len(kinds) < len(KINDS):
        return found
    skipped = [reports.get(kind, {}).get("skipped", {}) for kind in KINDS]
    for test in sorted(skipped[0].keys() & skipped[1].keys()):
        if not skipped[0][test].startswith(tuple(MAY_LACK)):
            found.append(f"{test} ran on neither database: {skipped[0][test]}")
    return found


def main(words: list[str]) -> int:
    """Run both kinds, or the only one asked for, and close with one line; return the exit code."""
    began = time.monotonic()
    kinds: Sequence[str] = KINDS
    if words[:1] == ["--only"]:
        kinds = tuple(kind for kind in KINDS if kind in words[1:2])
        words = words[2:]
        print(f"Tests on {', '.join(kinds) or 'nothing'} only.")
    if not SIZE.soak:
        seed = os.environ.setdefault("DANGOL_TEST_SEED", str(int(time.time()) // 86_400))
        print(f"Of what is only drawn from, DANGOL_TEST_SEED={seed} draws the same again.")
    reports: dict[str, Any] = {}
    failed = []
    with tempfile.TemporaryDirectory(prefix="dangol-tests-") as folder:
        for kind in kinds:
            report = Path(folder) / f"{kind}.json"
            print(f"── Tests on {kind} ──", flush=True)
            if run(kind, report, words, is_alone=SIZE.soak or len(kinds) == 1):
                failed.append(f"Tests failed on {kind}.")
            if report.is_file():
                reports[kind] = json.loads(report.read_text())
    problems = (
        failed or complaints(reports, kinds) or ([] if kinds else ["Write sqlite or postgres after --only."])
    )
    ran = ", ".join(f"{one['passed']} passed on {one['database']}" for one in reports.values())
    for lack, thing in MAY_LACK.items():
        unseen = {
            test for one in reports.values() for test, why in one["skipped"].items() if why.startswith(lack)
        }
        if unseen:
            print(f"{lack}: {len(unseen)} {thing} tests did not run.")
    for problem in problems:
        print(problem)
    closing = "FAILED" if problems else "All tests passed"
    print(f"{closing}: {ran} ({time.monotonic() - began:,.0f} s).")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
