"""Making an instance: its folder, secrets, databases, shop and owner. `init` and `demo` both begin here."""

import errno
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.db import connections
from django.utils.translation import gettext, gettext_lazy as _

from dangol.cli.home import has_secret_key, table_names
from dangol.cli.spaces import copy_empty_tables, fill_space, make_test_key
from dangol.core.access.services import make_owner
from dangol.core.operations.migrating import migrate_databases
from dangol.core.people.models import Shop
from dangol.core.people.selectors import ShopView, find_shop
from dangol.core.people.setups import begin_setup
from dangol.core.people.shops import check_shop, set_shop
from dangol.core.refusals import Words, register
from dangol.core.storage.master_keys import append_master_key, new_master_key_line
from dangol.core.storage.spaces import TEST
from dangol.core.storage.transactions import write_transaction
from dangol.domain.errors import DomainError
from dangol.project.clock import now
from dangol.rooms.rewards.first_program import make_first_program

# Without 0 and o, 1 and l: a password is read off a screen once.
LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
GROUPS, GROUP_LENGTH = 5, 4


class InstanceExists(DomainError):
    """There is a shop in this home already (`home`); nothing of it is overwritten."""

    code = "home.has_a_shop"


class HomeUnusable(DomainError):
    """No instance can be made in this folder (`home`), for this reason of the system's (`reason`)."""

    code = "home.unusable"


register(
    {
        HomeUnusable.code: Words(
            _("홈 폴더(--home)로 쓸 수 없어요: {home} ({reason})"),
            _("쓸 수 있는 다른 폴더를 `--home`으로 고르거나 권한을 확인하세요."),
        ),
        InstanceExists.code: Words(
            _("{home}에는 이미 가게가 있어요. 아무것도 바꾸지 않았어요."),
            _("다른 폴더를 `--home`으로 고르거나, 판을 올렸다면 `dangol init --upgrade`를 실행하세요."),
        ),
    }
)


class ShopFacts(NamedTuple):
    """What a shop is told at its making; only a sample has been moved by weeks."""

    name: str
    zone: str
    currency: str
    region: str
    language: str
    sample_shift_weeks: int | None = None


class NewInstance(NamedTuple):
    """A fresh instance; the password and the test space's key are stored nowhere but as their hashes."""

    home: Path
    owner: str
    password: str
    test_key: str


def new_password() -> str:
    """Return a random password of 20 letters in groups, about 100 bits."""
    groups = ("".join(secrets.choice(LETTERS) for _place in range(GROUP_LENGTH)) for _group in range(GROUPS))
    return "-".join(groups)


def kept_shop() -> ShopView | None:
    """Return the shop that lives here, None where none does; nothing is created by asking."""
    return find_shop() if Shop._meta.db_table in table_names() else None


def require_room(facts: ShopFacts) -> None:
    """Raise RefusedValue for facts that make no sense, and InstanceExists where a shop lives already."""
    check_shop(**facts._asdict())
    if kept_shop():
        raise InstanceExists(home=str(settings.HOME))


def make_instance(facts: ShopFacts, *, owner: str, has_own_program: bool = False) -> NewInstance:
    """Make the instance in its home: folder, keys, tables, the shop, and an owner with a random password.

    It has a first program, unless whoever makes it brings their own. Keys that are there are kept, so a
    making that was cut off can be run again. Raises what require_room raises before anything is made: a
    shop that has lost its keys must not be given new ones. Raises HomeUnusable.
    """
    require_room(facts)
    _make_folder(settings.HOME)
    _make_secrets(settings.HOME)
    _make_files()
    migrate_databases()
    copy_empty_tables(TEST)
    password = new_password()
    with write_transaction():
        if Shop.objects.exists():
            raise InstanceExists(home=str(settings.HOME))
        shop = set_shop(**facts._asdict())
        if not has_own_program:
            make_first_program(
                currency=facts.currency, zone=facts.zone, language=facts.language, recorded_at=now()
            )
            begin_setup(at=now())
        make_owner(owner, password, reason=gettext("가게를 처음 만들었어요"), at=now())
    fill_space(TEST, shop)
    return NewInstance(settings.HOME, owner, password, make_test_key(TEST, created_by=owner))


def _make_folder(home: Path) -> None:
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise HomeUnusable(home=str(home), reason=error.strerror) from None
    if not os.access(home, os.W_OK | os.X_OK):
        raise HomeUnusable(home=str(home), reason=os.strerror(errno.EACCES))


def _make_secrets(home: Path) -> None:
    if not has_secret_key():
        key = secrets.token_urlsafe(48)
        handle = os.open(home / "secret.key", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(f"{key}\n")
        settings.SECRET_KEY = key
    path: Path | None = settings.MASTER_KEYS_FILE
    if path is not None and not path.exists():
        append_master_key(path, new_master_key_line())


def _make_files() -> None:
    """Make the SQLite files before SQLite does, which would let everybody read them."""
    for alias in connections:
        if connections[alias].vendor == "sqlite":
            os.close(os.open(connections[alias].settings_dict["NAME"], os.O_RDWR | os.O_CREAT, 0o600))


def secret_files() -> Iterator[Path]:
    """Yield the files of this home that nobody else may read."""
    home: Path = settings.HOME
    path: Path | None = settings.MASTER_KEYS_FILE
    files = [home / "secret.key", *([path] if path else []), home / "dangol.sqlite3", home / "keys.sqlite3"]
    yield from (path for path in files if path.is_file())
