"""The addresses of pages, with something to show on each."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from dangol.core.access.approvals import count_waiting
from dangol.core.access.selectors import find_staff_number
from dangol.core.access.services import Invitation, Post, invite_staff, recover_staff
from dangol.core.commerce.models import CustomerDay
from dangol.core.commerce.selectors import find_order
from dangol.core.duties.incidents import Facts, list_incidents, record_incident
from dangol.core.duties.requests import Answered, answer_request, note_request, open_requests
from dangol.core.ledger.by_hand import ByHand, move_by_hand
from dangol.core.ledger.models import Transfer
from dangol.core.people.actors import Actor, ActorKind
from dangol.core.people.selectors import shop
from dangol.core.storage.ids import Id, new_id, show_id
from dangol.core.storage.rows import insert_missing
from dangol.core.storage.transactions import write_transaction
from dangol.project.clock import now
from dangol.rooms.personalization.refresh import refresh_all
from dangol.rooms.personalization.selectors import find_report
from dangol.rooms.rewards.promotions.models import Sale, SaleState
from dangol.web.links import make_home_link
from tests.snapshots import Kept
from tests.web.programs import tell_program
from tests.web.reward_paths import all_reward_paths
from tests.web.segments import tell_segments
from tests.web.staff import make_staff
from tests.web.story import CURRENCY, NOW, Story, tell_story
from tests.web.till_shop import hold_points, sell_with_coupon
from tests.web.works import make_works

# Of the pages a run opens one in so many, another part each day; at full size all.
PAGES_IN = 5
SETUP_PATHS = (
    "/setup/place", "/setup/brand", "/setup/brand?color=%23ffd600", "/setup/kind", "/setup/mail",
    "/setup/data", "/setup/done",
)  # fmt: skip

_INSIGHT = (
    "insight", "insight-segment", "insight-cell", "insight-cohorts", "insight-spent", "insight-value",
    "insight-models", "insight-liability", "insight-costs", "insight-money",
    "insight-journal", "insight-value-journal",
)  # fmt: skip


def member_paths(story: Story) -> list[str]:
    """Return the addresses of a member's page with each of its lists."""
    page = f"/members/{show_id(story.regular)}"
    return [page, f"{page}?tab=points", f"{page}?tab=orders"]


def act_paths(story: Story) -> list[str]:
    """Return the addresses of what can be done to a member."""
    page = f"/members/{show_id(story.newcomer)}"
    acts = (
        "edit", "identities", "requests", "notes", "consents", "unmask", "export", "erase", "merge",
        "merge?q=15",
    )  # fmt: skip
    return [*(f"{page}/{act}" for act in acts), f"{page}/merge?with={show_id(story.customers['1502'])}"]


def undo_path(story: Story) -> str:
    """Return the address on which the story's one spend can be undone; there a request waits for somebody."""
    spent = Transfer.objects.get(customer_id=story.regular, key="spend-1")
    if not count_waiting(at=NOW):
        move_by_hand(
            story.regular, ByHand(CURRENCY, 20_000), form=new_id(),
            actor=Actor(ActorKind.STAFF, "clerk"), reason="적립 늦은", at=NOW - timedelta(hours=1), limit=100,
        )  # fmt: skip
    return f"/members/{show_id(story.regular)}/points/{show_id(spent.id)}/undo"


def requests_path(story: Story) -> str:
    """Return the address of the queue of people's requests, with one that waits and one that is over."""
    if not open_requests():
        who, zone = Actor(ActorKind.STAFF, "clerk"), ZoneInfo("America/New_York")
        for came_on in (NOW.date() - timedelta(days=20), NOW.date() - timedelta(days=2)):
            last = note_request(story.regular, "access", came_on=came_on, actor=who, at=NOW, zone=zone)
        answer_request(story.regular, last, Answered.REFUSED, words="김", actor=who, at=NOW, zone=zone)
    return "/requests"


def incident_path() -> str:
    """Return the address of an incident of which nobody has been told yet."""
    if not list_incidents():
        facts = Facts(NOW, "늦은", "김", 1_200, False, False, "더", "더", "단골")
        record_incident(facts, form=new_id(), actor=Actor(ActorKind.STAFF, "clerk"), at=NOW)
    return f"/incidents/{show_id(list_incidents()[0].id)}"


def insight_paths(story: Story) -> list[str]:
    """Return the addresses of the pages about all customers, of whom a run of the models has told."""
    if find_report("rfm_map") is None:
        rows = [
            (owner, NOW.date() - timedelta(days=40 * visit + number), "USD", 1, 1_000 * (number + 1))
            for number, owner in enumerate(story.customers.values())
            for visit in range(1, 2 + number % 3)
        ]
        with write_transaction():
            insert_missing(CustomerDay, ("customer_id", "day", "currency", "orders", "amount_minor"), rows)
        refresh_all(shop(), as_of=NOW.date(), at=NOW)
    return [
        "/insight", "/insight?segment=champions", "/insight?r=1&f=5", "/insight/cohorts",
        "/insight/cohorts?show=revenue", "/insight/value", "/insight/models", "/insight/liability",
        "/insight/value?show=costs",
        "/insight/money", "/insight/liability/journal", "/insight/liability/stored-value",
    ]  # fmt: skip


def till_paths(story: Story) -> list[str]:
    """Return the addresses of the till that are about a member, or a sale of the story."""
    page, sale = f"/till/members/{show_id(story.newcomer)}", "/till/sales/1501-0"
    typed = f"{page}?product=2&price=4.5&count=2&code=NOPE&points=50"
    told = tell_till(story)
    return [
        page, f"{page}?amount=12", f"{page}?amount=x", f"{page}/claim", sale, f"{sale}/move?q=김", typed,
        told["till-held"], told["till-turned"], told["till-receipt"], told["till-return"],
    ]  # fmt: skip


def tell_till(story: Story) -> dict[str, str]:
    """Return addresses of a sale that waits for its member, and of one made with a coupon and points."""
    made = Sale.objects.filter(customer_id=story.newcomer).order_by("id")
    if not made:
        hold_points(story.newcomer)
        sell_with_coupon(story.newcomer)
    held = made.get(state=SaleState.RESERVED)
    number = find_order(show_id(made.get(state=SaleState.COMMITTED).order_id or b"")).number
    return {
        "till-held": f"/till/held/{show_id(held.id)}",
        "till-turned": f"/till/held/{show_id(held.id)}?turned=1",
        "till-receipt": f"/till/sales/{number}",
        "till-return": f"/till/sales/{number}/return",
        "till-coupons": f"/till/members/{show_id(story.newcomer)}?amount=50&points=50&code=NOPE",
    }


def program_paths(story: Story) -> list[str]:
    """Return the addresses of the program's pages, with a draft and simulations to show."""
    made = tell_program(story)
    return [
        "/programs", "/programs/new", "/programs/draft", "/programs/draft/diff", "/programs/versions/2",
        *(f"/programs/simulations/{show_id(one)}" for one in made.simulations),
    ]  # fmt: skip


def segment_paths(story: Story) -> dict[str, str]:
    """Return the addresses of the pages of segments, with somebody in one of them."""
    tell_segments(story)
    page = "/segments/buyers"
    return {
        "segments": "/segments",
        "segments-nothing": "/segments?q=nothing",
        "segments-archived": "/segments?archived=1",
        "segment": page,
        "segment-new": "/segments/new?try=lapsed",
        "segment-edit": f"{page}/edit",
        "segment-version": f"{page}/versions/1",
        "segment-alike": f"{page}/alike",
        "segment-why": f"{page}/members/{show_id(story.regular)}",
        "segment-why-not": f"/segments/asking/members/{show_id(story.newcomer)}",
        "members-segment": "/members?segment=buyers",
    }


def works_paths() -> list[str]:
    """Return the addresses of the pages for those who develop and operate, with something on each."""
    works = make_works()
    webhook = f"/webhooks/{show_id(works.endpoint_id)}"
    return [
        "/keys", "/keys/spaces", "/keys/new", "/keys/new?preset=till", f"/keys/{show_id(works.key_id)}",
        "/webhooks", "/webhooks/new", webhook, f"{webhook}?state=failed", f"{webhook}/edit",
        f"{webhook}/check", f"{webhook}/{show_id(works.message_id)}",
        "/incoming", "/incoming?problem=any", "/incoming?source=nobody", *_incoming_paths(works.incoming),
        "/jobs", "/jobs?state=done", f"/jobs/{show_id(works.job_id)}",
        "/import", f"/import/{show_id(works.uploads[0])}/undo",
        *(f"/import/{show_id(one)}" for one in works.uploads),
        "/access-log", "/access-log?person=1501", "/access-log?staff=0", "/health", "/settings",
        "/settings/mail", *SETUP_PATHS,
        "/access-log/reviews", "/access-log/reviews/2026-10", "/access-log/reviews/2026-11",
    ]  # fmt: skip


def _incoming_paths(entries: Sequence[Id]) -> list[str]:
    return [f"/incoming/{show_id(one)}" for one in entries]


def staff_paths(story: Story) -> list[str]:
    """Return an address of every page a clerk can see."""
    return [
        "/", "/?days=7", "/?days=90", "/members", "/members?q=1501", "/members?q=nobody", "/members?soon=1",
        "/members?joined=30d&visited=days&visited_from=2026-01-02", "/members/views", "/members/views?soon=1",
        "/members/export?soon=1",
        *member_paths(story), f"/members/{show_id(story.newcomer)}", "/design", "/messages",
        "/till", "/till?q=nobody", "/till/join", *till_paths(story),
        *act_paths(story), *insight_paths(story), "/approvals", requests_path(story),
        "/incidents", "/incidents/new", incident_path(),
        f"/members/{show_id(story.regular)}/adjust", undo_path(story),
        "/orders", "/orders?q=1501-0", "/orders?placed=30d", "/order-acts/undo/till/1501-0",
        "/order-acts/move/till/1501-0", "/order-acts/move/till/1501-0?q=1502",
        "/orders?q=nothing", "/orders/till/1501-0",
        "/staff", "/staff/invite", f"/staff/{make_staff().pk}",
        f"/staff/{make_staff('clerk', 'store').pk}", "/account", "/account/membership",
        *segment_paths(story).values(),
        *all_reward_paths(story).values(),
        *program_paths(story),
        *works_paths(),
    ]  # fmt: skip


class Shown(NamedTuple):
    """A story with something to show on each page: an address of every page a clerk can see, and those of
    each template by name."""

    story: Story
    staff: Sequence[str]
    every: Mapping[str, str]


def _tell_shown() -> Shown:
    story = tell_story()
    staff = staff_paths(story)
    return Shown(story, staff, every_path(story))


# Nobody may have signed in before: there are staff among what is shown.
kept_shown = Kept(_tell_shown)


def _member_lists() -> dict[str, str]:
    return {"members": "/members", "members-nothing": "/members?q=nobody"}


def every_path(story: Story) -> dict[str, str]:
    """Return an address of each page template, by a name for its picture."""
    member = f"/members/{show_id(story.regular)}"
    simulations = [show_id(one) for one in tell_program(story).simulations]
    return {
        "overview": "/",
        "overview-7": "/?days=7",
        **_member_lists(),
        "members-days": "/members?joined=days&joined_from=2026-01-02&sort=spend",
        "members-export": "/members/export?tier=silver",
        "views": "/members/views?tier=silver",
        "member": member,
        "orders": "/orders",
        "orders-nothing": "/orders?q=nothing",
        "order": "/orders/till/1501-0",
        "order-undo": "/order-acts/undo/till/1501-0",
        "order-deliver": "/order-acts/deliver/till/1501-0",
        "order-confirm": "/order-acts/confirm/till/1501-0",
        "order-move": "/order-acts/move/till/1501-0?q=1502",
        "member-points": f"{member}?tab=points",
        "member-orders": f"{member}?tab=orders",
        "newcomer": f"/members/{show_id(story.newcomer)}",
        "member-home": make_home_link(story.regular),
        "programs": "/programs",
        "program-new": "/programs/new",
        "program-draft": "/programs/draft",
        "program-diff": "/programs/draft/diff",
        "program-version": "/programs/versions/2",
        **{f"simulation-{place}": f"/programs/simulations/{one}" for place, one in enumerate(simulations)},
        **segment_paths(story),
        **all_reward_paths(story),
        **_act_paths(story),
        **dict(zip(_INSIGHT, insight_paths(story), strict=True)),
        "approvals": "/approvals",
        "design": "/design",
        "till": "/till?q=nobody",
        "till-join": "/till/join",
        "till-member": f"/till{member}",
        "till-preview": f"/till{member}?amount=12",
        "till-claim": f"/till{member}/claim",
        "till-sale": "/till/sales/1501-0",
        **tell_till(story),
        "till-move": "/till/sales/1501-0/move?q=1512",
        "staff": "/staff",
        "staff-invite": "/staff/invite",
        "staff-member": f"/staff/{make_staff('clerk', 'store').pk}",
        "staff-me": f"/staff/{make_staff().pk}",
        "requests": requests_path(story),
        "incidents": "/incidents",
        "incident-new": "/incidents/new",
        "incident": incident_path(),
        "reviews": "/access-log/reviews",
        "review": "/access-log/reviews/2026-11",
        **_works_paths(),
        "settings": "/settings",
        "settings-mail": "/settings/mail",
        **{f"setup-{one}": f"/setup/{one}" for one in ("place", "brand", "kind", "mail", "data", "done")},
        **_account_paths(),
        "not-found": "/nowhere",
    }


def _act_paths(story: Story) -> dict[str, str]:
    member = f"/members/{show_id(story.regular)}"
    return {
        "edit": f"{member}/edit",
        "identities": f"{member}/identities",
        "notes": f"{member}/notes",
        "consents": f"{member}/consents",
        "unmask": f"{member}/unmask",
        "export": f"{member}/export",
        "merge": f"{member}/merge?q=15",
        "merge-plan": f"{member}/merge?with={show_id(story.customers['1502'])}",
        "erase": f"{member}/erase",
        "adjust": f"{member}/adjust",
        "undo-points": undo_path(story),
    }


def _account_paths() -> dict[str, str]:
    return {
        "account": "/account",
        "account-membership": "/account/membership",
        "password": "/account/password",
        "second-factor": "/account/second-factor",
        "app": "/account/app",
        "passkey": "/account/passkeys/add",
        "again": "/account/again",
        "welcome": f"/welcome/{_link_for('kim')}",
    }


def _link_for(username: str) -> str:
    invitation = Invitation(username, "김하늘", Post("agent"), "새 직원")
    number = find_staff_number(username)
    if number is None:
        return invite_staff(invitation, by=None, at=now()).secret
    return recover_staff(number, reason="새 링크", by=None, at=now()).secret


def _works_paths() -> dict[str, str]:
    works = make_works()
    webhook = f"/webhooks/{show_id(works.endpoint_id)}"
    return {
        "incoming": "/incoming",
        **{f"incoming-{place}": path for place, path in enumerate(_incoming_paths(works.incoming))},
        "keys": "/keys",
        "spaces": "/keys/spaces",
        "key-new": "/keys/new?preset=till",
        "key": f"/keys/{show_id(works.key_id)}",
        "webhooks": "/webhooks",
        "webhook-new": "/webhooks/new",
        "webhook": webhook,
        "webhook-check": f"{webhook}/check",
        "delivery": f"{webhook}/{show_id(works.message_id)}",
        "jobs": "/jobs",
        "job": f"/jobs/{show_id(works.job_id)}",
        "import": "/import",
        **{f"import-{place}": f"/import/{show_id(one)}" for place, one in enumerate(works.uploads)},
        "import-undo": f"/import/{show_id(works.uploads[0])}/undo",
        "access-log": "/access-log",
        "health": "/health",
    }
