"""Customers and their consents."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dangol.connectors.files.columns import IDENTITIES
from dangol.connectors.files.loaders.base import Context, Written, instant_of
from dangol.connectors.files.loaders.rows import RowsLoader, find_owners, refuse
from dangol.connectors.files.mapping import TRAIT
from dangol.connectors.files.shapes import Rules
from dangol.connectors.files.staging import Stage
from dangol.core.people.consents import ConsentDraft, record_consents
from dangol.core.people.profiles import PersonRow, set_people
from dangol.core.people.services import join_members, resolve_customers
from dangol.core.storage.ids import Id

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

    def write(self, stage: Stage, start: int, context: Context) -> Written:
        """Make members of those nobody knows, then store what the rows say of each."""
        traits = [column.name for column in stage.columns if column.name.startswith(TRAIT)]
        rows = self.read(stage, start, [*_PERSON, *traits])
        since = _since(rows)
        owners = {
            (column, value): owner
            for column, firsts in sorted(since.items())
            for value, owner in resolve_customers(
                IDENTITIES[column], list(firsts), recorded_at=context.recorded_at,
                joined_at={value: at for value, at in firsts.items() if at},
            ).items()
        }  # fmt: skip
        ids = [owners[row[2], row[3]] for row in rows]
        joined = {owner: instant_of(row[9]) for owner, row in zip(ids, rows, strict=True) if row[9]}
        people = [_person(owner, row, traits) for owner, row in zip(ids, rows, strict=True)]
        written = Written(len(rows))
        for row, refusal in zip(rows, set_people(people, recorded_at=context.recorded_at), strict=True):
            if refusal:
                refuse(written, row[:2], str(refusal.data.get("kind", row[2])), refusal)
            else:
                written.counts["customers"] += 1
        # Last: identities are locked before customers everywhere, and joining locks customers.
        join_members(list(dict.fromkeys(ids)), recorded_at=context.recorded_at, joined_at=joined)
        return written


def _since(rows: list[tuple[Any, ...]]) -> dict[str, dict[str, datetime | None]]:
    since: dict[str, dict[str, datetime | None]] = {}
    for row in rows:
        since.setdefault(row[2], {}).setdefault(row[3], instant_of(row[9]) if row[9] else None)
    return since


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

    def write(self, stage: Stage, start: int, context: Context) -> Written:
        """Append the next facts."""
        rows = self.read(
            stage, start, ["who_column", "who_key", "channel", "purpose", "granted", "at", "wording"]
        )
        owners = find_owners([(row[2], row[3]) for row in rows], context)
        written = Written(len(rows))
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
