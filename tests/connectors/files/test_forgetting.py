"""What imports leave in plain text goes after thirty days; what they imported stays."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dangol.connectors.files.columns import Kind
from dangol.connectors.files.jobs import Request, folder_of, only_worker
from dangol.connectors.files.models import ImportJob
from dangol.connectors.files.services import dry_run, new_folder
from dangol.connectors.files.tasks import forget_left
from dangol.core.commerce.models import Order
from dangol.core.tasks.registry import all_schedules
from tests.connectors.files.shops import NOW, bring_in, open_program, open_shop, write_file

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
FILE = "order,customer,date,sku,amount\n1,a,2026-03-01,A,1000\n2,b,2026-03-01,A,?\n"
TODAY = datetime.now(UTC)


@pytest.fixture(autouse=True)
def shop() -> None:
    open_shop()
    open_program()


def age(folder: Path, days: int) -> None:
    """Make a folder look untouched for so many days."""
    then = (TODAY - timedelta(days=days)).timestamp()
    for path in (*folder.rglob("*"), folder):
        os.utime(path, (then, then))


def left_by_all(home: Path) -> list[Path]:
    return sorted(path for path in (home / "imports").rglob("*") if path.is_file() and path.name != "lock")


@pytest.mark.parametrize(("days", "stays"), [(29, True), (31, False)])
def test_forget_left__errors_of_an_import_and_of_a_dry_run__go_after_thirty_days(
    days: int, stays: bool, tmp_path: Path
) -> None:
    path = write_file(tmp_path, FILE)
    bring_in(tmp_path, Kind.ORDERS, path)
    dry_run(Request(Kind.ORDERS, (path,), {}), at=NOW, folder=new_folder(tmp_path))
    left = left_by_all(tmp_path)
    assert [file.name for file in left] == ["errors.csv", "errors.csv"]
    for folder in (tmp_path / "imports").iterdir():
        age(folder, days)

    removed = forget_left(tmp_path, before=TODAY - timedelta(days=30))

    assert left_by_all(tmp_path) == (left if stays else [])
    assert removed == (0 if stays else 2)
    assert bool(ImportJob.objects.get().errors_path) is stays
    assert Order.objects.count() == 1
    again = bring_in(tmp_path, Kind.ORDERS, path)
    assert again.is_repeat
    assert bool(again.errors) is stays


def test_forget_left__an_import_at_work__is_left_alone(tmp_path: Path) -> None:
    bring_in(tmp_path, Kind.ORDERS, write_file(tmp_path, FILE))
    folder = folder_of(tmp_path, ImportJob.objects.get().id)

    with only_worker(folder):
        age(folder, 31)
        assert forget_left(tmp_path, before=TODAY - timedelta(days=30)) == 0

    assert (folder / "errors.csv").exists()


def test_forget_left__a_home_without_imports__does_nothing(tmp_path: Path) -> None:
    assert forget_left(tmp_path, before=TODAY) == 0


def test_schedules__forgetting__is_due_every_night() -> None:
    assert "files.forget" in all_schedules()
