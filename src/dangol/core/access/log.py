"""The access log: who saw whom, written in the transaction in which it is shown."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from django.db.models import Q

from dangol.core.access.errors import NobodyThere
from dangol.core.access.models import AccessEntry
from dangol.core.metrics import PII_READS
from dangol.core.people.actors import Actor, ActorKind, fitting, require_reason
from dangol.core.people.selectors import Profile, profiles_of
from dangol.core.storage.ids import Id, new_id, show_id
from dangol.core.storage.rows import insert_rows, sorted_ids
from dangol.core.storage.transactions import write_transaction

_COLUMNS = (
    "id", "at", "actor_kind", "actor", "actor_name", "address", "request",
    "action", "subject_id", "people", "seen", "reason",
)  # fmt: skip
# What a profile shows whole that is masked elsewhere, in the order in which entries name it.
PERSONAL = ("name", "phone", "email", "card", "birthday", "external_id", "traits")


class Access(StrEnum):
    """What was done."""

    UNMASK = "unmask"
    DOWNLOAD = "download"
    TAKEOUT = "takeout"
    MERGE = "merge"
    UNMERGE = "unmerge"
    ERASE = "erase"
    HOLD = "hold"
    RELEASE = "release"
    # Of nobody's data: the shop's own settings, whose `people` are none.
    CONFIGURE = "configure"
    IMPORT_UPLOAD = "import_upload"
    IMPORT_PREVIEW = "import_preview"
    IMPORT_START = "import_start"
    IMPORT_ERRORS = "import_errors"
    IMPORT_UNDO = "import_undo"
    ADD_IDENTITY = "add_identity"
    CHANGE_IDENTITY = "change_identity"
    REMOVE_IDENTITY = "remove_identity"
    LINK = "link"
    MESSAGES = "messages"
    OWN_DATA = "own_data"
    LOG = "access_log"


class AccessDraft(NamedTuple):
    """An entry to be written. `subject_id` is the person; None where it is about `people` many."""

    action: Access
    actor: Actor
    reason: str
    subject_id: Id | None = None
    seen: Sequence[str] = ()
    people: int = 1


class EntryView(NamedTuple):
    """An entry, as it is read."""

    id: Id
    at: datetime
    actor_kind: str
    actor: str
    actor_name: str
    address: str
    request: str
    action: str
    subject_id: Id | None
    people: int
    seen: tuple[str, ...]
    reason: str


def record_access(drafts: Sequence[AccessDraft], *, at: datetime) -> list[Id]:
    """Write entries; returns their ids. Raises ReasonMissing where one has no reason.

    Joins the caller's write transaction, so that nothing is shown of which the entry was not kept.
    """
    rows = [_row(draft, at) for draft in drafts]
    with write_transaction():
        insert_rows(AccessEntry, _COLUMNS, rows)
    return [row[0] for row in rows]


def _row(draft: AccessDraft, at: datetime) -> tuple[Any, ...]:
    who = fitting(draft.actor)
    return (
        new_id(), at, ActorKind(who.kind).value, who.key, who.name, who.address, who.request,
        Access(draft.action).value, draft.subject_id, draft.people, ",".join(draft.seen),
        require_reason(draft.reason),
    )  # fmt: skip


def record_download(actor: Actor, *, people: int, seen: Sequence[str], reason: str, at: datetime) -> None:
    """Write down that a list of people is taken along; `seen` are the fields that are whole in it.

    Raises ReasonMissing.
    """
    record_access([AccessDraft(Access.DOWNLOAD, actor, reason, seen=seen, people=people)], at=at)
    if seen:
        PII_READS.labels(actor.kind.value).inc(people)


def unmask(
    customer_ids: Iterable[Id],
    *,
    actor: Actor,
    reason: str,
    at: datetime,
    action: Access = Access.UNMASK,
    fields: Collection[str] = PERSONAL,
) -> dict[Id, Profile]:
    """Return whole profiles, and write down in the same transaction who saw which fields of whom.

    A caller that shows some `fields` only says so; the others are then not written down.

    The one door to unmasked data for whoever is not the person. Raises ReasonMissing, or NobodyThere for
    an id nobody has; then nothing is shown and nothing written.
    """
    wanted = sorted_ids(customer_ids)
    with write_transaction():
        profiles = profiles_of(wanted, unmasked=True)
        for customer_id in wanted:
            if customer_id not in profiles:
                raise NobodyThere(customer_id=show_id(customer_id))
        record_access(
            [
                AccessDraft(
                    action, actor, reason, one, [seen for seen in fields_of(profiles[one]) if seen in fields]
                )
                for one in wanted
            ],
            at=at,
        )
    PII_READS.labels(actor.kind.value).inc(len(wanted))
    return profiles


def fields_of(profile: Profile) -> tuple[str, ...]:
    """Return which personal fields a profile holds."""
    held = {**profile.person._asdict(), **profile._asdict()}
    return tuple(field for field in PERSONAL if held[field])


class EntryQuery(NamedTuple):
    """Which entries to list: of one person, by one actor, of one action, in a stretch of time."""

    subject_id: Id | None = None
    actor: str = ""
    action: str = ""
    since: datetime | None = None
    until: datetime | None = None


EVERYTHING = EntryQuery()


def list_entries(
    query: EntryQuery = EVERYTHING, *, before: tuple[datetime, Id] | None = None, limit: int = 50
) -> list[EntryView]:
    """Return entries, latest first; `before` is the instant and id of the last one of the page before."""
    entries = AccessEntry.objects.all()
    wanted: Mapping[str, object] = {
        "subject_id": query.subject_id, "actor": query.actor, "action": query.action,
        "at__gte": query.since, "at__lt": query.until,
    }  # fmt: skip
    entries = entries.filter(**{name: value for name, value in wanted.items() if value})
    if before:
        entries = entries.filter(Q(at__lt=before[0]) | Q(at=before[0], id__lt=before[1]))
    rows = entries.order_by("-at", "-id").values_list(*EntryView._fields)[:limit]
    return [EntryView(*row)._replace(seen=tuple(filter(None, row[10].split(",")))) for row in rows]
