"""A shop that is handed files: what tests of imports begin with."""

import csv
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dangol.connectors.files.columns import Kind
from dangol.connectors.files.jobs import Request
from dangol.connectors.files.services import Report, run_import
from dangol.core.people.shops import set_shop
from dangol.domain.accrual import Expiry
from dangol.domain.tiers import Measure, Window
from dangol.rooms.rewards.programs import LevelDraft, RuleDraft, TermsDraft, TiersDraft, create_program
from dangol.rooms.rewards.services import TierRow, set_tiers

NOW = datetime(2026, 6, 1, 3, 0, tzinfo=UTC)
BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)


def open_shop(*, currency: str = "KRW", zone: str = "Asia/Seoul", region: str = "KR") -> None:
    """Make the shop whose files are imported."""
    set_shop(name="단골", zone=zone, currency=currency, region=region)


def open_program(*, currency: str = "KRW", zone: str = "Asia/Seoul") -> None:
    """Make a program that pays a point for each 100 minor units."""
    create_program(
        name="단골",
        points_currency="points",
        money_currency=currency,
        zone=zone,
        rules=(RuleDraft("1%", 1, 100),),
        terms=TermsDraft(expiry=Expiry.NEVER),
        tiers_draft=TiersDraft(
            (LevelDraft("member", "회원", 0), LevelDraft("gold", "골드", 1_000_000)),
            Measure.SPEND,
            Window.LIFETIME,
            0,
        ),
        recorded_at=BEGINNING,
    )


def give_tiers(grants: Sequence[tuple[Any, ...]], at: datetime) -> Any:
    """Give tiers as the command does."""
    return set_tiers([TierRow(*grant) for grant in grants], recorded_at=at)


def write_file(folder: Path, text: str | bytes, name: str = "orders.csv") -> Path:
    """Write a file as a shop would hand it in."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def bring_in(
    folder: Path, kind: Kind, *paths: Path, chosen: Mapping[str, str] | None = None, **more: Any
) -> Report:
    """Import files into the shop whose home is `folder`."""
    create = more.pop("create", kind in {Kind.CUSTOMERS, Kind.ORDERS})
    at = more.pop("at", NOW)
    request = Request(kind, paths, chosen or {}, create=create, **more)
    return run_import(request, at=at, home=folder, give_tiers=give_tiers)


def bad_rows(report: Report) -> list[tuple[int, str, str]]:
    """Return line, column and code of each row of the errors file."""
    if report.errors is None:
        return []
    with report.errors.open(encoding="utf-8-sig", newline="") as file:
        return [(int(row["line"]), row["column"], row["code"]) for row in csv.DictReader(file)]
