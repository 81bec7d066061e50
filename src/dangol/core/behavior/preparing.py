"""Making an event ready before the transaction: what of it is kept, what is personal, when it happened."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b
from typing import Any
from urllib.parse import urlsplit

from dangol.core.behavior.errors import (
    IdBlocked,
    InstantUnclear,
    KeyMayNotTell,
    NobodyNamed,
    OtherCurrency,
    TooMuchInside,
    TraitRefused,
)
from dangol.core.behavior.messages import PREVIOUS, Message, Sender
from dangol.core.people.identities import Kind
from dangol.domain.commerce_events import Commerce, Places, Sold, read_commerce
from dangol.domain.errors import DomainError
from dangol.domain.identity_graph import is_blocked
from dangol.domain.personal_data import looks_personal
from dangol.domain.tracked_values import Kept, bare_address, keep_values

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
# An instant on the calendar's first or last day has no wall clock in some zone: no page could show it.
FIRST_SHOWN = datetime.min.replace(tzinfo=UTC) + timedelta(days=1)
LAST_SHOWN = datetime.max.replace(tzinfo=UTC) - timedelta(days=1)
LONGEST_SOURCE, LONGEST_NAME, LONGEST_MESSAGE = 64, 100, 100
MOST_SKEW = timedelta(days=3650)
LONGEST_WORD = 200
TAKEN_OUT = "…"
_NAMED_BY_PAGE = ("page", "screen")
_IDS = frozenset(Kind) | {PREVIOUS}
_CONTACTS = frozenset({Kind.EMAIL, Kind.PHONE, Kind.CARD})


def _text(value: Any) -> str:
    return value.replace("\0", "").strip()[:1_024] if isinstance(value, str) else ""


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


# What is kept of a context: names of its own, and of what it holds, each with how it is read.
_WORDS = (("locale", "locale"), ("timezone", "zone"))
_GROUPS: tuple[tuple[str, tuple[tuple[str, str, Callable[[str], str]], ...]], ...] = (
    ("page", (("path", "page_path", bare_address), ("referrer", "referrer_host", _host))),
    ("referrer", (("url", "referrer_host", _host),)),
    ("app", (("name", "app", str), ("version", "app_version", str))),
    ("library", (("name", "library", str), ("version", "library_version", str))),
)
_PERSONAL = ("ip", "userAgent", "device", "location", "network")


@dataclass(slots=True)
class Personal:
    """What an event tells of a person that is kept sealed: with the person, never on the timeline."""

    name: str | None = None
    birthday: date | None = None

    def __bool__(self) -> bool:
        return self.name is not None or self.birthday is not None


@dataclass(slots=True)
class Prepared:
    """An event with all that can be known of it without asking anybody."""

    message: Message
    # By what it is known for good: its id, or what stands for that.
    key: str
    name: str
    occurred_at: datetime
    ids: list[tuple[str, str]]
    properties: dict[str, Any]
    traits: dict[str, Any]
    context: dict[str, Any]
    personal: Personal
    commerce: Commerce | None
    taken: list[str]
    problems: list[DomainError] = field(default_factory=list)
    # What is worth knowing of the order it becomes, though nothing is wrong with it.
    notes: list[DomainError] = field(default_factory=list)


def message_key(message: Message) -> str:
    """Return the id by which a message is known for good; one that looks personal stands as its hash."""
    text = message.message_id
    if len(text) > LONGEST_MESSAGE or looks_personal(text):
        return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    return text


def prepare(
    message: Message, sender: Sender, *, received_at: datetime, currency: str, places: Places
) -> Prepared:
    """Return an event as it is kept. Nothing is refused: what does not fit is left out, with a problem."""
    problems, taken = list(message.problems), list[str]()
    message = _with_instants_shown(message, problems)
    is_page = message.kind in _NAMED_BY_PAGE
    properties = keep_values(message.properties, at="properties", is_thing=is_page)
    traits = keep_values(message.traits, at="traits")
    context = _context(message)
    for kept in (properties, traits, context):
        taken += kept.taken
        problems += [TooMuchInside(at=path[:200]) for path in kept.cut[:1]]
    name = message.name.replace("\0", "")
    if looks_personal(name):  # before it is cut, as half of an address does not look like one
        taken.append("name")
        name = TAKEN_OUT
    name = name[:LONGEST_NAME]
    ids = _told_ids(_usable(message.ids, problems), message, sender, problems)
    personal = _personal(message, sender, ids, taken, problems)
    if not ids and message.customer_id is None:
        problems.append(NobodyNamed())
    prepared = Prepared(
        message, message_key(message), name, _occurred(message, received_at, problems), ids,
        _page_values(message, properties),
        traits.values, context.values, personal, None, taken, problems,
    )  # fmt: skip
    prepared.commerce = _commerce(prepared, currency, places)
    return prepared


def _usable(ids: list[tuple[str, str]], problems: list[DomainError]) -> list[tuple[str, str]]:
    """Return the ids that may be some, each once."""
    usable = []
    for kind, value in dict.fromkeys(ids):
        if is_blocked(value):
            problems.append(IdBlocked(kind=kind))
        elif kind in _IDS:
            usable.append((kind, value))
    return usable


def _told_ids(
    ids: list[tuple[str, str]], message: Message, sender: Sender, problems: list[DomainError]
) -> list[tuple[str, str]]:
    """Return the ids without contacts, where the key may not tell any.

    Else anybody with a page's key could give an address of theirs to whoever has a `userId`, and sign in as
    them. A CloudEvent has one id, which is given to nobody.
    """
    contacts = (
        [] if sender.may_tell or message.kind == "event" else [kind for kind, _ in ids if kind in _CONTACTS]
    )
    if contacts:
        problems.append(KeyMayNotTell(fields=", ".join(contacts)))
    return [(kind, value) for kind, value in ids if kind not in contacts]


def _with_instants_shown(message: Message, problems: list[DomainError]) -> Message:
    """Return an event without those of its instants that no page could show."""
    told = {"timestamp": message.original_at, "sentAt": message.sent_at}
    shown = {field: at if at and FIRST_SHOWN <= at <= LAST_SHOWN else None for field, at in told.items()}
    problems += [InstantUnclear(field=field) for field in told if told[field] != shown[field]]
    return replace(message, original_at=shown["timestamp"], sent_at=shown["sentAt"])


def _occurred(message: Message, received_at: datetime, problems: list[DomainError]) -> datetime:
    """Return when it happened, with the sender's clock put right; never later than it came in."""
    original, sent = message.original_at, message.sent_at
    if original is None:
        return received_at
    skew = received_at - sent if sent else timedelta(0)
    if abs(skew) > MOST_SKEW or original < EARLIEST:
        problems.append(InstantUnclear(field="timestamp" if original < EARLIEST else "sentAt"))
        return received_at
    try:
        return max(EARLIEST, min(original + skew, received_at))
    except OverflowError:  # after the year 9999 by the clock that is put right
        problems.append(InstantUnclear(field="timestamp"))
        return received_at


def _page_values(message: Message, kept: Kept) -> dict[str, Any]:
    """Return a page's values without what was searched for, and of where it was come from only the host."""
    values = kept.values
    if message.kind in _NAMED_BY_PAGE:
        for name in ("search", "referrer"):
            given = values.pop(name, None)
            if isinstance(given, str) and given:
                if name == "search":
                    kept.taken.append("properties.search")
                elif host := _host(given):
                    values["referrer_host"] = host
        if isinstance(values.get("path"), str):
            values["path"] = bare_address(values["path"])
    return values


def _context(message: Message) -> Kept:
    """Return what of a context is worth keeping; what is left out is named if it is personal."""
    kept, context = Kept(), message.context
    found = [(name, _text(context.get(given))) for given, name in _WORDS]
    found.append(("origin", bare_address(message.origin)))
    for group, names in _GROUPS:
        inner = context.get(group)
        if isinstance(inner, dict):
            found += [(name, read(_text(inner.get(given)))) for given, name, read in names]
    for name, text in found:
        if not text:
            continue
        if looks_personal(text):
            kept.taken.append(f"context.{name}")
        else:
            kept.values.setdefault(name, text[:LONGEST_WORD])
    kept.taken += [f"context.{name}" for name in _PERSONAL if context.get(name) not in (None, "", {})]
    return kept


def _personal(
    message: Message,
    sender: Sender,
    ids: list[tuple[str, str]],
    taken: list[str],
    problems: list[DomainError],
) -> Personal:
    """Read what an identify call tells of the person; ids it tells of are added to the event's own."""
    if message.kind != "identify":
        return Personal()
    traits = message.traits
    contacts = [
        (Kind(name).value, text)
        for name in (Kind.EMAIL.value, Kind.PHONE.value)
        if (text := _text(traits.get(name))) and not is_blocked(text)
    ]
    names = [_text(traits.get(one)) for one in ("lastName", "firstName")]
    name = _text(traits.get("name")) or " ".join(filter(None, _in_order(names)))
    birthday = _text(traits.get("birthday"))
    if not sender.may_tell:
        fields = [kind for kind, _ in contacts] + ["name"] * bool(name) + ["birthday"] * bool(birthday)
        if fields:
            problems.append(KeyMayNotTell(fields=", ".join(fields)))
        return Personal()
    ids += [one for one in contacts if one not in ids]
    sealed = {
        "traits.email",
        "traits.phone",
        "traits.name",
        "traits.birthday",
        "traits.firstName",
        "traits.lastName",
    }
    taken[:] = [path for path in taken if path not in sealed]
    return Personal(name or None, _birthday(birthday, problems))


def _in_order(names: list[str]) -> list[str]:
    """Return a family name and a given name in the order of their script."""
    return names if any("가" <= sign <= "힣" for sign in names[0]) else names[::-1]


def _birthday(text: str, problems: list[DomainError]) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        problems.append(TraitRefused(field="birthday", why="value.day_out_of_range"))
        return None


def _commerce(prepared: Prepared, currency: str, places: Places) -> Commerce | None:
    if prepared.message.kind not in ("track", "event"):
        return None
    try:
        found = read_commerce(prepared.name, prepared.properties, currency=currency, places=places)
    except DomainError as refusal:
        prepared.problems.append(refusal)
        return None
    if isinstance(found, Sold) and currency and found.currency != currency:
        prepared.notes.append(OtherCurrency(currency=found.currency, own=currency))
    return found
