"""What the environment says, read strictly: an odd value stops the program with the remedy in words."""

import os
from collections.abc import Mapping
from email.errors import HeaderParseError
from email.headerregistry import Address
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from limits import parse
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from dangol.connectors.smtp.servers import Server, read_from, read_server
from dangol.core.storage.master_keys import parse_master_keys
from dangol.insight.clusters import is_address

TRUE, FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}
SQLITE_OPTIONS: Mapping[str, Any] = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA mmap_size=0;"
        " PRAGMA cache_size=-65536; PRAGMA temp_store=MEMORY; PRAGMA journal_size_limit=67108864;"
        # Of 16 MB, as often the same pages: at 4 MB two batches of events filled it.
        " PRAGMA wal_autocheckpoint=4000;"
    ),
}
POSTGRES_OPTIONS: Mapping[str, Any] = {
    # Statements through `storage.cursors.prepared` are; Django's own cursors never are.
    "prepare_threshold": 5,
    "options": "-c idle_in_transaction_session_timeout=30s -c synchronous_commit=on",
}
SHORTEST_KEY = 32


def home() -> Path:
    """Return the instance's folder: `DANGOL_HOME`, or `.dangol` in the user's own home."""
    return Path(os.environ.get("DANGOL_HOME") or Path.home() / ".dangol").expanduser().resolve()


def flag(name: str, *, default: bool) -> bool:
    """Return a yes or no; raises ImproperlyConfigured for any other word."""
    value = os.environ.get(name, "").strip().lower()
    if not value:
        return default
    if value not in TRUE | FALSE:
        raise ImproperlyConfigured(f"{name}={value!r} is neither yes nor no; write 1 or 0.")
    return value in TRUE


def rate(name: str, *, default: str) -> str:
    """Return a rate such as `600/minute`; raises ImproperlyConfigured for any other word."""
    value = os.environ.get(name, "").strip() or default
    try:
        parse(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name}={value!r} is no rate; write 600/minute or 50/second.") from None
    return value


def whole(name: str, *, default: int = 0, least: int = 0, most: int | None = None) -> int:
    """Return a whole number from `least` to `most`; raises ImproperlyConfigured for anything else."""
    value = os.environ.get(name, "").strip()
    if not value:
        return default
    wanted = f"from {least} to {most}" if most is not None else f"of at least {least}"
    if not (value.isascii() and value.isdigit() and least <= int(value) <= (most or int(value))):
        raise ImproperlyConfigured(f"{name}={value!r} is no whole number {wanted}.")
    return int(value)


def words(name: str, *, default: tuple[str, ...]) -> list[str]:
    """Return a comma-separated list."""
    value = os.environ.get(name, "")
    return [word.strip() for word in value.split(",") if word.strip()] or list(default)


def folder(name: str) -> Path | None:
    """Return a folder that has to be there; raises ImproperlyConfigured where it is not."""
    value = os.environ.get(name, "").strip()
    if value and not Path(value).is_dir():
        raise ImproperlyConfigured(f"{name} names {value}, which is no folder.")
    return Path(value) if value else None


def addresses(name: str) -> list[str]:
    """Return e-mail addresses with commas between; raises ImproperlyConfigured for what is none."""
    found = words(name, default=())
    for one in found:
        try:
            Address(addr_spec=one)
        except (ValueError, HeaderParseError):
            raise ImproperlyConfigured(f"{name}: {one!r} is no e-mail address.") from None
    return found


def place(name: str) -> Path | None:
    """Return a folder that need not be there now, as one on another machine; None where none is named."""
    value = os.environ.get(name, "").strip()
    if value and not Path(value).is_absolute():
        raise ImproperlyConfigured(f"{name}={value!r} must be a whole path, from / on.")
    return Path(value) if value else None


def read_only() -> str:
    """Return why nothing may be written: `keys`, `asked`, or nothing. Set by `dangol serve`."""
    value = os.environ.get("DANGOL_READ_ONLY", "").strip()
    if value not in ("", "keys", "asked"):
        raise ImproperlyConfigured(f"DANGOL_READ_ONLY={value!r} is neither `keys` nor `asked`.")
    return value


def choice(name: str, options: tuple[str, ...]) -> str:
    """Return one of the options, the first where nothing is said; raises ImproperlyConfigured for another."""
    value = os.environ.get(name, "").strip().lower() or options[0]
    if value not in options:
        raise ImproperlyConfigured(f"{name}={value!r} is unknown; write {' or '.join(options)}.")
    return value


def engine(name: str) -> str:
    """Return the address of a Spark cluster; empty where nothing is said: DuckDB in the process itself.

    Raises ImproperlyConfigured for any other address.
    """
    value = os.environ.get(name, "").strip()
    if value and not is_address(value):
        raise ImproperlyConfigured(f"{name}={value!r} is no cluster; write spark://host:7077.")
    return value


def web_address(name: str) -> str:
    """Return an address that begins with https:// (or http://localhost); empty where nothing is said.

    Raises ImproperlyConfigured for any other.
    """
    value = os.environ.get(name, "").strip()
    if value and not value.startswith(("https://", "http://localhost", "http://127.0.0.1")):
        raise ImproperlyConfigured(f"{name} must begin with https://.")
    return value


def _from_file(variable: str, path: Path | None = None) -> str:
    """Return the text of `VARIABLE`, of the file `VARIABLE_FILE` names, or of `path`; else nothing."""
    if value := os.environ.get(variable):
        return value.strip()
    named = os.environ.get(f"{variable}_FILE")
    source = Path(named) if named else path
    if source is None:
        return ""
    if named and not source.is_file():
        raise ImproperlyConfigured(f"{variable}_FILE names {source}, which is not there.")
    return source.read_text().strip() if source and source.is_file() else ""


def secret(home_path: Path, variable: str, file_name: str) -> str:
    """Return a secret of at least 32 characters; raises ImproperlyConfigured for a shorter one.

    Without one an empty string is returned: a command that needs no secret still runs (`dangol init`
    makes it), and Django itself refuses to use an empty one.
    """
    value = _from_file(variable, home_path / file_name)
    if value and len(value) < SHORTEST_KEY:
        raise ImproperlyConfigured(
            f"{variable} is shorter than {SHORTEST_KEY} characters; run `dangol init`."
        )
    return value


def master_keys(home_path: Path) -> dict[str, str]:
    """Return the master keys by their names, newest last: `DANGOL_MASTER_KEYS`, or the lines of its file."""
    try:
        return parse_master_keys(_from_file("DANGOL_MASTER_KEYS", home_path / "master.keys"))
    except ValueError as error:
        raise ImproperlyConfigured(f"DANGOL_MASTER_KEYS: {error}.") from None


def master_keys_file(home_path: Path) -> Path | None:
    """Return the file that holds the master keys; None where the environment itself holds them."""
    if os.environ.get("DANGOL_MASTER_KEYS"):
        return None
    return Path(os.environ.get("DANGOL_MASTER_KEYS_FILE") or home_path / "master.keys")


def mail() -> tuple[Server | None, Address | None]:
    """Return the mail server and the address messages come from; neither where none is set.

    Raises ImproperlyConfigured for one without the other, and for what cannot be read, without its words:
    they hold a password.
    """
    url, given = _from_file("DANGOL_SMTP_URL"), _from_file("DANGOL_MAIL_FROM")
    if bool(url) != bool(given):
        missing = "DANGOL_MAIL_FROM" if url else "DANGOL_SMTP_URL"
        raise ImproperlyConfigured(f"{missing} is missing: mail needs a server and an address to come from.")
    if not url:
        return None, None
    try:
        server = read_server(url)
    except ValueError as error:
        raise ImproperlyConfigured(f"DANGOL_SMTP_URL {error}.") from None
    try:
        return server, read_from(given)
    except ValueError as error:
        raise ImproperlyConfigured(f"DANGOL_MAIL_FROM {error}.") from None


def database(variable: str, path: Path, *, pragmas: str = "") -> dict[str, Any]:
    """Return Django's settings for the database `variable` names (postgresql://…), else for the file `path`.

    `pragmas` are further ones for SQLite. Raises ImproperlyConfigured for an address that cannot be read,
    without its words: they hold a password.
    """
    url = _from_file(variable)
    if not url:
        return {
            "ENGINE": "dangol.core.storage.sqlite",
            "NAME": str(path),
            "OPTIONS": {**SQLITE_OPTIONS, "init_command": f"{SQLITE_OPTIONS['init_command']} {pragmas}"},
            "CONN_MAX_AGE": None,
        }
    if not url.startswith(("postgresql://", "postgres://")):
        raise ImproperlyConfigured(f"{variable} must begin with postgresql:// (SQLite is used without it).")
    try:
        parts = conninfo_to_dict(url)
    except ProgrammingError:
        raise ImproperlyConfigured(
            f"{variable} is no address of PostgreSQL; write postgresql://user:password@host:5432/name,"
            " after a ? only libpq's own options, and odd characters of a password as %XX."
        ) from None
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.pop("dbname", "dangol"),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": str(parts.pop("port", "")),
        "OPTIONS": {**POSTGRES_OPTIONS, **parts},
        "CONN_MAX_AGE": None,
    }
