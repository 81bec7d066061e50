"""`dangol demo`: a real retailer's year, moved to now, run through a program, and served."""

from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Annotated

import typer
from django.conf import settings
from django.utils.translation import get_language, gettext as _

from dangol.cli.init import show_instance
from dangol.cli.instance import ShopFacts, make_instance, migrate_databases
from dangol.cli.output import JsonOption, Output, QuietOption, Tracker
from dangol.cli.processes import work_until_idle
from dangol.cli.serve import LOOPBACK, PORT, require_free_port, serve
from dangol.connectors.files.columns import Kind
from dangol.connectors.files.jobs import Request
from dangol.connectors.files.services import Report, run_import
from dangol.connectors.sample.complete_journey import CURRENCY, ZONE, CompleteJourney, SampleFiles
from dangol.connectors.sample.history import record_history
from dangol.core.people.models import Shop
from dangol.core.people.selectors import find_shop
from dangol.core.people.shops import set_shop
from dangol.domain.accrual import Expiry
from dangol.domain.tiers import Measure, Window
from dangol.project.clock import now
from dangol.rooms.rewards.models import Program
from dangol.rooms.rewards.programs import LevelDraft, RuleDraft, TermsDraft, TiersDraft, create_program
from dangol.rooms.rewards.services import advance

NAME = "Complete Journey"
REGION = "US"
OWNER = "owner"
SOURCE = "complete-journey"
TERMS = TermsDraft(pending_days=14, expiry=Expiry.END_OF_MONTH, expiry_count=6)
FINISHED = "sample-finished"
TRAITS = (
    "age", "income", "home_ownership", "marital_status", "household_size", "household_comp", "kids_count",
)  # fmt: skip


def demo(
    host: Annotated[str, typer.Option(help=_("들을 주소예요."))] = LOOPBACK,
    port: Annotated[int, typer.Option(min=1, max=65535, help=_("들을 포트예요."))] = PORT,
    households: Annotated[int | None, typer.Option(min=1, help=_("처음 몇 가구만 가져와요."))] = None,
    serves: Annotated[bool, typer.Option("--serve/--no-serve", help=_("다 가져온 뒤에 열어요."))] = True,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Make the demo shop unless it is there, bring the sample in unless it is in, and serve it."""
    output = Output(as_json=as_json, quiet=quiet)
    if serves:
        require_free_port(host, port)
    _make_shop(output)
    mark = Path(settings.HOME) / FINISHED
    if mark.exists():
        output.say(_("견본은 이미 들어 있어요. 다시 가져오지 않았어요."))
    else:
        _bring_in(output, households)
        mark.touch()
    advance(as_of=now())
    if serves:
        serve(host=host, port=port, only=None, quiet=quiet)


def _make_shop(output: Output) -> None:
    """Make the instance; one that was made before is brought to this version's tables."""
    facts = ShopFacts(NAME, ZONE.key, CURRENCY, REGION, get_language() or "en")
    if (Path(settings.HOME) / "secret.key").exists():
        migrate_databases()
        if Shop.objects.exists():
            return
    show_instance(make_instance(facts, owner=OWNER), output)


def _bring_in(output: Output, households: int | None) -> None:
    at, began = now(), monotonic()
    known = find_shop()
    journey = CompleteJourney(now=at, weeks=known.sample_shift_weeks if known else None)
    _mark_as_sample(journey.weeks)
    _make_program(at)
    output.say(_("견본을 {weeks}주 앞으로 옮겨서 가져와요.").format(weeks=journey.weeks))
    files = journey.write(Path(settings.HOME) / "sample", households=households)
    reports = _import(output, files, at)
    record_history(journey, recorded_at=at)
    advance(as_of=at)
    output.say(_("활동을 데이터 레이크에 쓰는 중이에요…"))
    work_until_idle()
    seconds = monotonic() - began
    lines = reports[-1].good
    output.show(
        "dangol.demo/1",
        {"lines": lines, "seconds": round(seconds, 1), "shift_weeks": journey.weeks},
        _("구매 {lines:,}줄을 {seconds:,.0f}초에 가져왔어요.").format(lines=lines, seconds=seconds),
    )


def _mark_as_sample(weeks: int) -> None:
    set_shop(
        name=NAME,
        zone=ZONE.key,
        currency=CURRENCY,
        region=REGION,
        language=get_language() or "en",
        sample_shift_weeks=weeks,
    )


def _make_program(at: datetime) -> None:
    """Make the demo's program: a point a dollar, more for higher tiers and for produce."""
    if Program.objects.exists():
        return
    levels = (
        LevelDraft("member", _("회원"), 0),
        LevelDraft("silver", _("실버"), 150_000),
        LevelDraft("gold", _("골드"), 400_000),
    )
    rules = (
        RuleDraft(_("1달러에 1포인트"), 1, 100, multipliers={"silver": (5, 4), "gold": (3, 2)}),
        RuleDraft(_("채소와 과일은 1달러에 1포인트 더"), 1, 100, category="PRODUCE"),
    )
    create_program(
        name=_("단골"),
        points_currency="points",
        money_currency=CURRENCY,
        zone=ZONE.key,
        rules=rules,
        terms=TERMS,
        tiers_draft=TiersDraft(levels, Measure.SPEND, Window.ROLLING, 365, grace_days=30),
        recorded_at=at,
    )


def _import(output: Output, files: SampleFiles, at: datetime) -> list[Report]:
    """Bring in products, customers and order lines, as any retailer's files are."""
    requests = (
        (_("상품"), files.product_count, Request(Kind.PRODUCTS, (files.products,), {}, source=SOURCE)),
        (
            _("고객"),
            files.customer_count,
            Request(Kind.CUSTOMERS, (files.customers,), {}, TRAITS, source=SOURCE),
        ),
        (_("구매"), files.line_count, Request(Kind.ORDERS, (files.orders,), {}, source=SOURCE)),
    )
    reports = []
    for label, rows, request in requests:
        with output.track(label, rows) as told:

            def tell(step: str, done: int, total: int, *, told: Tracker = told, rows: int = rows) -> None:
                told(rows * done // total if total else 0)

            reports.append(run_import(request, at=at, home=Path(settings.HOME), tell=tell))
    return reports
