"""The instance's home: whether a shop lives there."""

import os
import sys
from pathlib import Path
from shutil import which

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.utils.translation import gettext_lazy as _

from dangol.core.refusals import Words, register
from dangol.domain.errors import NotFound

MIGRATIONS, DEFAULT = "django_migrations", "default"


class NoShop(NotFound):
    """No shop has been made in this home."""

    code = "home.has_no_shop"


register(
    {
        NoShop.code: Words(
            _("{home}에는 아직 가게가 없어요."),
            _("`dangol init --home {home}` (새 가게) 또는 `dangol demo --home {home}` (견본 가게)"),
        )
    }
)


def command(words: str) -> str:
    """Return a `dangol` command for this home, to be typed as it is: by its path where it is not found."""
    program = "dangol" if which("dangol") else os.path.relpath(Path(sys.executable).with_name("dangol"))
    home: Path = settings.HOME
    return f"{program} {words}" if home == Path.home() / ".dangol" else f"{program} {words} --home {home}"


def has_secret_key() -> bool:
    """Say whether the instance has its secret key."""
    try:
        return bool(settings.SECRET_KEY)
    except ImproperlyConfigured:
        return False


def table_names(alias: str = DEFAULT) -> list[str]:
    """Return the names of a database's tables: none where its file is missing, which is not created."""
    connection = connections[alias]
    # Looking for tables would make SQLite create the file it does not find.
    is_missing = connection.vendor == "sqlite" and not Path(connection.settings_dict["NAME"]).is_file()
    return [] if is_missing else connection.introspection.table_names()


def has_shop() -> bool:
    """Say whether a shop has been made here; nothing is created by asking."""
    return has_secret_key() and MIGRATIONS in table_names()


def require_shop() -> None:
    """Raise NoShop where no shop has been made yet."""
    if not has_shop():
        raise NoShop(home=str(settings.HOME))
