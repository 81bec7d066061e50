"""What those who develop and operate look at: a key and more, made by the services that make them."""

from datetime import datetime, timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import NamedTuple

from django.conf import settings

from dangol.connectors.files.models import Upload
from dangol.connectors.files.places import INCOMING, uploads_folder
from dangol.connectors.files.upload_work import check_upload, import_upload
from dangol.connectors.files.uploads import find_upload, keep_upload, list_uploads, start_import
from dangol.core.access.keys import list_keys, make_key
from dangol.core.access.log import Access, AccessDraft, list_entries, record_access
from dangol.core.access.rights import Right
from dangol.core.behavior.selectors import list_entries as incoming_entries
from dangol.core.events.webhooks.selectors import list_deliveries, list_endpoints
from dangol.core.events.webhooks.services import create_endpoint, rotate_secret, send_example
from dangol.core.people.actors import Actor, ActorKind
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from dangol.core.tasks.models import Job, State
from dangol.core.tasks.selectors import dead_jobs
from dangol.core.tasks.services import enqueue
from dangol.rooms.rewards.services import give_tiers
from dangol.web.scopes import PRESETS
from tests.core.behavior.sending import identify, send, track
from tests.web.story import NOW


class Works(NamedTuple):
    """The ids of what was made."""

    key_id: Id
    endpoint_id: Id
    message_id: Id
    job_id: Id
    uploads: tuple[Id, ...] = ()
    incoming: tuple[Id, ...] = ()


def make_works() -> Works:
    """Return what there is to look at, made unless it is there."""
    _entries()
    return Works(_key(), *_delivery(), _job(), _uploads(), _incoming())


def _incoming() -> tuple[Id, ...]:
    """Return what came in: an order, one that does not add up, and a browser that named nobody."""
    if not incoming_entries():
        product = {"product_id": "P1", "price": "4.50", "quantity": 2}
        order = {"order_id": "web-1", "currency": "USD", "products": [product]}
        send(
            track(
                "Product Viewed", anon="browser-1", properties={"product_id": "P1", "email": "a@example.com"}
            ),
            identify("1502", "browser-1", plan="gold", visits=3),
            identify("1501", email="same@example.com"),
            identify("1502", email="same@example.com"),
            track("Order Completed", user="1502", properties=order),
            track("Order Completed", user="1502", properties=order | {"order_id": "web-2", "total": 1}),
            track("Button Clicked", user="null", properties={"button": "buy"}),
            at=NOW,
        )
    return tuple(one.id for one in incoming_entries())


def _key() -> Id:
    if keys := list_keys():
        return keys[-1].id
    made = make_key(
        name="web-1", space="live", scopes=PRESETS["shop"][2], created_by="owner", at=NOW,
        expires_at=NOW + timedelta(days=90),
    )  # fmt: skip
    make_key(name="old-1", space="live", scopes=[Right.JOBS_READ], created_by="owner", at=NOW, expires_at=NOW)
    return made.view.id


def _delivery() -> tuple[Id, Id]:
    if endpoints := list_endpoints():
        (one,) = list_deliveries(endpoints[0].id)
        return endpoints[0].id, one.message_id
    made = create_endpoint(url="https://hooks.example.com/in", events=["order.placed"], at=NOW)
    rotate_secret(made.endpoint_id, at=NOW)
    return made.endpoint_id, send_example(made.endpoint_id, name="order.placed", at=NOW)


def _entries() -> None:
    if not list_entries(limit=1):
        someone = Actor(ActorKind.STAFF, "owner", "owner", "192.0.2.1")
        record_access([AccessDraft(Access.DOWNLOAD, someone, "mail", people=3, seen=("name",))], at=NOW)
        many = AccessDraft(Access.DOWNLOAD, someone, "mail", people=4_000, seen=("name",))
        record_access([many], at=NOW - timedelta(days=30))


def _job() -> Id:
    if dead := dead_jobs().first():
        return dead.id
    with write_transaction():
        job_id = enqueue("access.chain", {}, run_at=NOW)
        enqueue("access.chain", {"again": True}, run_at=NOW)
    Job.objects.filter(pk=job_id).update(state=State.DEAD, claimable_at=None, last_error="OSError: disk")
    return job_id


_FILES = (
    "order,customer,date,sku,amount\nW-1,W,2026-11-01 10:00,2,10.00\nW-2,W,2026-11-01,2,x\n",
    "nr,who\n1,2\n",
    "customer,name,email,birthday\n1501,Jane Doe,jane@example.com,1990-03-14\n",
)


class _Run(NamedTuple):
    """The worker's run of a job, without the worker."""

    job_id: Id
    at: datetime

    def report(self, done: int, total: int | None = None) -> None:
        """Show nobody how far it is."""


def _uploads() -> tuple[Id, ...]:
    """Return files that were brought: one imported, one that cannot be read, one that is ready."""
    if found := list_uploads():
        return tuple(one.id for one in sorted(found, key=lambda one: one.name))
    ids = [_bring(f"{place}.csv", text) for place, text in enumerate(_FILES)]
    if find_upload(ids[0]).state == Upload.State.READY:  # without a key store nothing is
        start_import(ids[0], actor=Actor(ActorKind.STAFF, "owner"), at=NOW)
        import_upload(ids[0], _run(ids[0]), home=Path(settings.HOME), give_tiers=give_tiers)
    Job.objects.filter(name__startswith="files.").delete()
    return tuple(ids)


def _bring(name: str, text: str) -> Id:
    home = Path(settings.HOME)
    with NamedTemporaryFile(dir=uploads_folder(home), prefix=INCOMING, delete=False) as file:
        file.write(text.encode())
    actor = Actor(ActorKind.STAFF, "owner")
    upload_id = keep_upload(Path(file.name), name=name, actor=actor, at=NOW, home=home)
    check_upload(upload_id, _run(upload_id), home=home, give_tiers=give_tiers)
    return upload_id


def _run(upload_id: Id) -> _Run:
    work = find_upload(upload_id).work_id
    assert work, "there is something to do"
    return _Run(work, NOW)
