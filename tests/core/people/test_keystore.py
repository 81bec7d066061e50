"""The key store: its tables in its own database, and nothing else there."""

import pytest
from django.apps import apps
from django.db import connections, router

from dangol.core.people.keystore import KEY_STORE, is_in_key_store
from dangol.core.people.models import PersonKey, SharedKey

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def tables(alias: str) -> set[str]:
    with connections[alias].cursor() as cursor:
        return set(connections[alias].introspection.table_names(cursor))


def test_databases__tables__each_in_its_own_only() -> None:
    kept_apart = {model._meta.db_table for model in apps.get_models() if is_in_key_store(model)}
    others = {model._meta.db_table for model in apps.get_models()} - kept_apart

    assert kept_apart == {"dg_key_person", "dg_key_shared"}
    assert tables(KEY_STORE) == kept_apart | {"django_migrations"}
    assert others <= tables("default")
    assert not tables("default") & kept_apart


def test_databases__two_of_them__really_two() -> None:
    assert connections["default"].settings_dict["NAME"] != connections[KEY_STORE].settings_dict["NAME"]


@pytest.mark.parametrize("model", [PersonKey, SharedKey])
def test_router__key_store_models__read_and_written_there(model: type[PersonKey | SharedKey]) -> None:
    assert router.db_for_read(model) == router.db_for_write(model) == KEY_STORE


def test_sqlite_key_store__deletes__overwrite() -> None:
    if connections[KEY_STORE].vendor != "sqlite":
        pytest.skip("PostgreSQL drops old row versions when it vacuums")
    with connections[KEY_STORE].cursor() as cursor:
        cursor.execute("PRAGMA secure_delete")
        assert cursor.fetchone() == (1,)
