"""The instance's home: whether a shop lives there, with all that belongs to it."""

import os
import sys
from pathlib import Path
from shutil import which

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.utils.translation import gettext_lazy as _

from dangol.core.people.keystore import KEY_STORE
from dangol.core.refusals import Words, register
from dangol.domain.errors import DomainError, NotFound

MIGRATIONS, DEFAULT = "django_migrations", "default"


class NoShop(NotFound):
    """No shop has been made in this home."""

    code = "home.has_no_shop"


class SecretKeyLost(DomainError):
    """The shop in this home (`home`) has lost its secret key."""

    code = "home.secret_key_lost"


class KeyStoreLost(DomainError):
    """There are customers, but the key store (`store`) that should hold their keys is empty or gone."""

    code = "home.key_store_lost"


register(
    {
        NoShop.code: Words(
            _("{home}에는 아직 가게가 없어요."),
            _("`dangol init --home {home}` (새 가게) 또는 `dangol demo --home {home}` (견본 가게)"),
        ),
        SecretKeyLost.code: Words(
            _("{home}의 가게에 secret.key가 없어요."),
            _("secret.key를 백업에서 되돌리세요(DANGOL_SECRET_KEY를 썼다면 그 값을 다시 주세요)."),
        ),
        KeyStoreLost.code: Words(
            _("고객의 키가 든 키 저장소가 비었거나 없어요: {store}"),
            _("키 저장소를 백업에서 되돌리세요(DANGOL_KEYS_URL을 썼다면 그 값이 맞는지 보세요)."),
        ),
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


def place(alias: str) -> str:
    """Return where a database is, in words that hold no password: its file, or its name and host."""
    connection = connections[alias]
    told = connection.settings_dict
    if connection.vendor == "sqlite":
        return str(told["NAME"])
    return f"{told['NAME']} ({':'.join(filter(None, [told['HOST'] or 'localhost', told['PORT']]))})"


def require_shop() -> None:
    """Raise NoShop where no shop has been made yet, SecretKeyLost or KeyStoreLost where it is not whole."""
    if MIGRATIONS not in table_names():
        raise NoShop(home=str(settings.HOME))
    if not has_secret_key():
        raise SecretKeyLost(home=str(settings.HOME))
    if _has_customers_without_key_store():
        raise KeyStoreLost(store=place(KEY_STORE))


def _has_customers_without_key_store() -> bool:
    """Say whether the key store would be made anew under customers: empty, and the old one not missed."""
    customers, keys = (apps.get_model("dg_people", name) for name in ("Customer", "PersonKey"))
    if keys._meta.db_table in table_names(KEY_STORE) or customers._meta.db_table not in table_names():
        return False
    return bool(customers.objects.exists())
