"""The demo's shop: made in its home, with the sample's products, members and program, and then its orders."""

from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.utils.translation import get_language, gettext as _, gettext_lazy, pgettext

from dangol.cli.home import require_shop
from dangol.cli.init import show_instance
from dangol.cli.instance import ShopFacts, kept_shop, make_instance
from dangol.cli.output import Output, Tracker
from dangol.connectors.files.columns import Kind
from dangol.connectors.files.jobs import Request
from dangol.connectors.files.loaders.base import Step
from dangol.connectors.files.services import Report, run_import
from dangol.connectors.sample.complete_journey import CURRENCY, ZONE, CompleteJourney, SampleFiles
from dangol.core.operations.migrating import migrate_databases
from dangol.core.people.selectors import shop
from dangol.core.refusals import Words, register
from dangol.domain.accrual import Expiry
from dangol.domain.errors import DomainError
from dangol.domain.tiers import Measure, Window
from dangol.rooms.rewards.models import Program
from dangol.rooms.rewards.programs import LevelDraft, RuleDraft, TermsDraft, TiersDraft, create_program

NAME, REGION, OWNER, SOURCE = "Complete Journey", "US", "owner", "complete-journey"
TERMS = TermsDraft(pending_days=14, expiry=Expiry.END_OF_MONTH, expiry_count=6)
TRAITS = (
    "age", "income", "home_ownership", "marital_status", "household_size", "household_comp", "kids_count",
)  # fmt: skip


class NotTheDemo(DomainError):
    """The shop in this home (`home`) is no demo; nothing was brought into it and nothing changed."""

    code = "sample.not_the_demo"


class SampleRefused(DomainError):
    """Rows of the sample itself were refused, which only a bug can do; `errors` names them."""

    code = "sample.refused"


register(
    {
        NotTheDemo.code: Words(
            gettext_lazy("{home}에는 견본이 아닌 가게가 있어요. 아무것도 넣거나 바꾸지 않았어요."),
            gettext_lazy(
                "견본을 둘 다른 폴더를 고르세요: `dangol demo --home demo-shop`"
                " (DATABASE_URL을 쓴다면 다른 데이터베이스도)"
            ),
        ),
        SampleRefused.code: Words(
            gettext_lazy("견본의 {file}에서 {rows}줄을 가져오지 못했어요: {errors}"),
            gettext_lazy("`dangol doctor`"),
        ),
    }
)


def make_shop(output: Output, at: datetime) -> None:
    """Make the instance, with the sample moved to the week before `at`; one that was made before is brought
    to this version's tables.

    Raises NotTheDemo.
    """
    require_demo_home()
    if kept_shop():
        require_shop()
        migrate_databases()
        return
    weeks = CompleteJourney(now=at).weeks
    facts = ShopFacts(NAME, ZONE.key, CURRENCY, REGION, get_language() or "en", weeks)
    show_instance(make_instance(facts, owner=OWNER, has_own_program=True), output)


def require_demo_home() -> None:
    """Raise NotTheDemo where a shop lives that is not the demo's own: only that one says how it was moved."""
    known = kept_shop()
    if known is not None and known.sample_shift_weeks is None:
        raise NotTheDemo(home=str(settings.HOME))


def open_sample(at: datetime) -> CompleteJourney:
    """Return the sample, moved as it was when this shop was made."""
    return CompleteJourney(now=at, weeks=shop().sample_shift_weeks)


def make_program(at: datetime) -> None:
    """Make the demo's program: a point a dollar, more for higher tiers and for produce."""
    if Program.objects.exists():
        return
    levels = (
        LevelDraft("member", pgettext("tier", "회원"), 0),
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


def import_people_and_products(output: Output, files: SampleFiles, at: datetime) -> None:
    """Bring in what the orders refer to."""
    products = Request(Kind.PRODUCTS, (files.products,), {}, source=SOURCE)
    customers = Request(Kind.CUSTOMERS, (files.customers,), {}, TRAITS, source=SOURCE)
    _import(output, _("상품"), files.product_count, products, at)
    _import(output, _("고객"), files.customer_count, customers, at)


def import_orders(output: Output, files: SampleFiles, at: datetime) -> Report:
    """Bring in the order lines."""
    return _import(
        output, _("구매"), files.line_count, Request(Kind.ORDERS, (files.orders,), {}, source=SOURCE), at
    )


def _import(output: Output, label: str, rows: int, request: Request, at: datetime) -> Report:
    with output.track(label, rows) as told:
        report = run_import(
            request,
            at=at,
            home=Path(settings.HOME),
            tell=lambda step, done, total: _tell(told, rows, step, done, total),
        )
    if report.bad:
        raise SampleRefused(file=request.paths[0].name, rows=report.bad, errors=str(report.errors))
    return report


def _tell(told: Tracker, rows: int, step: Step, done: int, total: int) -> None:
    """Tell progress in rows of the file; imports count what they write."""
    if step is Step.WRITE:
        told(rows * done // total)
