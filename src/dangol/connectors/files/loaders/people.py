"""Customers and their consents."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from dangol.connectors.files.columns import IDENTITIES
from dangol.connectors.files.loaders.base import Context, instant_of
from dangol.connectors.files.loaders.rows import RowsLoader, find_owners, refuse
from dangol.connectors.files.mapping import TRAIT
from dangol.connectors.files.shapes import Rules
from dangol.connectors.files.staging import Stage
from dangol.connectors.files.written import Written
from dangol.core.messaging.address_changes import telling_old_addresses
from dangol.core.people.absences import away_since
from dangol.core.people.consents import ConsentDraft, record_consents
from dangol.core.people.guardians import GuardianNeeded
from dangol.core.people.held import BY_IMPORT
from dangol.core.people.profiles import PersonRow, set_people
from dangol.core.people.services import find_or_make_customers, join_members, unmake_customers
from dangol.core.storage.ids import Id
from dangol.domain.errors import DomainError

# Where the identities that come this way were told.
SOURCE = BY_IMPORT
_CHANNELS: Mapping[str, str] = {
    "문자": "sms",
    "lms": "sms",
    "mms": "sms",
    "text": "sms",
    "이메일": "email",
    "메일": "email",
    "e-mail": "email",
    "카카오": "kakao",
    "카카오톡": "kakao",
    "알림톡": "kakao",
    "친구톡": "kakao",
    "푸시": "push",
    "앱푸시": "push",
    "전화": "call",
    "phone": "call",
    "우편": "post",
    "dm": "post",
    "mail": "post",
}
_PERSON = ("who_column", "who_key", "name", "email", "phone", "card", "birthday", "joined_at", "language")


class CustomersLoader(RowsLoader):
    """People with their names, ways to reach them, and traits."""

    order = "who_column, who_key, file, line"

    def judge(self, stage: Stage, rules: Rules, context: Context) -> None:
        """Every identity of a row must be one, not only the first."""
        for column in IDENTITIES:
            stage.db.execute(
                f"INSERT INTO problems SELECT n.file, n.line, '{column}', n.\"{column}\", w.code FROM named n"  # noqa: S608
                f' JOIN who w ON w."column" = \'{column}\' AND w.given = n."{column}"'
                f" WHERE NOT n.bad AND w.key IS NULL AND n.who_column <> '{column}'"
            )

    def write(self, stage: Stage, start: int, end: int, context: Context) -> Written:
        """Make members of those whose rows are accepted; a refused row makes nobody."""
        traits = [column.name for column in stage.columns if column.name.startswith(TRAIT)]
        rows = self.read(stage, start, end, [*_PERSON, *traits])
        owners, via = _find_or_make(rows, context)
        ids = [owners[row[2], row[3]] for row in rows]
        people = [_person(owner, row, traits) for owner, row in zip(ids, rows, strict=True)]
        written = Written()
        joined: dict[Id, datetime] = {}
        for row, owner, refusal in zip(rows, ids, _set_people(people, via, context), strict=True):
            if refusal:
                written.refuse(row[:2], _column_of(refusal, row[2]), refusal.code, refusal.data)
                continue
            written.counts["customers"] += 1
            at = instant_of(row[9]) if row[9] else context.recorded_at
            joined[owner] = at if row[9] else joined.get(owner, at)
        unmake_customers(via.keys() - joined.keys())
        _leave_away(joined, rows, ids)
        # Last: identities are locked before customers everywhere, and joining locks customers.
        join_members(list(joined), recorded_at=context.recorded_at, joined_at=joined, via=via)
        return written


def _set_people(
    people: Sequence[PersonRow], made: Collection[Id], context: Context
) -> list[DomainError | None]:
    """Store what the rows say; who was known and gets another e-mail is told so at the one before."""
    known = {one.customer_id for one in people if one.email is not None}.difference(made)
    with telling_old_addresses(known, at=context.recorded_at):
        return set_people(people, recorded_at=context.recorded_at, source=SOURCE)


def _column_of(refusal: DomainError, who_column: str) -> str:
    """Return the column to mend: a file has none for a guardian, and the birthday is what asks for one."""
    if isinstance(refusal, GuardianNeeded):
        return "birthday"
    return str(refusal.data.get("field", refusal.data.get("kind", who_column)))


def _leave_away(joined: dict[Id, datetime], rows: Sequence[tuple[Any, ...]], ids: Sequence[Id]) -> None:
    """Take out who has left: a file brings them back only by a day of joining that is later."""
    told = {owner: instant_of(row[9]) for row, owner in zip(rows, ids, strict=True) if row[9]}
    for owner, left_at in away_since(joined).items():
        if owner not in told or told[owner] <= left_at:
            del joined[owner]


def _find_or_make(
    rows: list[tuple[Any, ...]], context: Context
) -> tuple[dict[tuple[str, str], Id], dict[Id, str]]:
    """Return whom each column and value names, and by which kind of identity those came who are new."""
    owners: dict[tuple[str, str], Id] = {}
    via: dict[Id, str] = {}
    for column in sorted({row[2] for row in rows}):
        values = list(dict.fromkeys(row[3] for row in rows if row[2] == column))
        kind = IDENTITIES[column]
        found = find_or_make_customers(kind, values, recorded_at=context.recorded_at, source=SOURCE)
        owners |= {(column, value): owner for value, owner in found.owners.items()}
        via |= dict.fromkeys(found.made, kind)
    return owners, via


def _person(owner: Id, row: tuple[Any, ...], traits: list[str]) -> PersonRow:
    name, email, phone, card, birthday = row[4:9]
    declared = {
        key.removeprefix(TRAIT): value
        for key, value in zip(traits, row[11:], strict=True)
        if value is not None
    }
    return PersonRow(owner, name, email, phone, card, birthday, row[10], None, declared or None)


class ConsentsLoader(RowsLoader):
    """Facts of agreement and withdrawal, each with its instant."""

    order = 'who_column, who_key, "at", file, line'

    def write(self, stage: Stage, start: int, end: int, context: Context) -> Written:
        """Append the next facts."""
        rows = self.read(
            stage, start, end, ["who_column", "who_key", "channel", "purpose", "granted", "at", "wording"]
        )
        owners = find_owners([(row[2], row[3]) for row in rows], context)
        written = Written()
        known = [(row, owner) for row, owner in zip(rows, owners, strict=True) if owner]
        drafts = [
            ConsentDraft(
                owner, _CHANNELS.get(row[4].lower(), row[4].lower()), row[5] or "marketing", row[6],
                instant_of(row[7]), context.source, row[8] or "",
            )
            for row, owner in known
        ]  # fmt: skip
        for (row, owner), outcome in zip(
            known, record_consents(drafts, recorded_at=context.recorded_at), strict=True
        ):
            if outcome.refusal:
                refuse(written, row[:2], "channel", outcome.refusal)
            elif outcome.repeated:
                written.counts["repeated"] += 1
            elif outcome.id:
                written.counts["consents"] += 1
                written.subjects.append((owner, outcome.id))
        return written
