"""Judging batches: what the timeline tells is turned into points, standings and their whys."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from dangol.core.events.records import Draft, Recorded
from dangol.core.events.services import record_batch
from dangol.core.people.absences import absences_of
from dangol.core.storage.ids import Id, new_id, show_id
from dangol.core.storage.reading import Select
from dangol.core.storage.rows import Row, insert_rows, update_rows
from dangol.domain.absences import Absence
from dangol.domain.corrections import still_owed
from dangol.domain.membership import (
    Accrual,
    Act,
    GivenBack,
    Granted,
    Judgement,
    Member,
    Purchase,
    in_time_order,
    judge,
    undone_at,
)
from dangol.domain.tiers import Cause, Measure, Standing, TierMove, TierRules, rules_at
from dangol.rooms.rewards import models, store
from dangol.rooms.rewards.acts import Reader, load_history, place_of
from dangol.rooms.rewards.events import TierChanged, TierReviewed
from dangol.rooms.rewards.families import joined_before, load_merged_at, load_merges, sum_totals
from dangol.rooms.rewards.posting import post_accruals
from dangol.rooms.rewards.programs import Running
from dangol.rooms.rewards.stays import stays_of
from dangol.rooms.rewards.store import Change, Known, Totals


class Batch:
    """One program's judgement of a batch: loaded at once, decided in memory, saved at once.

    Use one of `advance`, `grant`, or `begin` and `finish`, once, inside the write transaction and with the
    customers locked.
    """

    def __init__(self, running: Running, *, recorded_at: datetime) -> None:
        self._running = running
        self._program = running.rules
        self._recorded_at = recorded_at
        self._reader = Reader(self._program.rules, running.row.money_currency)
        self._accruals: list[tuple[Id, Accrual]] = []
        self._again: frozenset[Id] = frozenset()
        self._moves: list[tuple[Id, TierMove]] = []
        self._falls: list[tuple[Id, TierMove]] = []
        self._undone: list[tuple[Id, Id]] = []
        self._superseded: list[tuple[Id, Change]] = []
        self._rows: dict[Id, tuple[Any, ...]] = {}
        self._acts: dict[Id, list[Act]] = {}
        self._look: store.Look | None = None
        self._ahead: store.Ahead | None = None
        self._is_whole = False
        self._fell_at: Mapping[Id, datetime] = {}

    def begin(self, events: Sequence[Recorded], *, with_purses: bool) -> None:
        """Take note of orders and returns just recorded; what `selects` then names is to be read.

        `with_purses`: nobody moves points of these customers between the reading and `finish`.
        """
        acts: dict[Id, list[Act]] = defaultdict(list)
        for event in sorted(events, key=place_of):
            if found := self._reader.read(event):
                acts[event.customer_id].extend(found)
        self._acts = {customer_id: in_time_order(own) for customer_id, own in acts.items()}
        if acts:
            first = min(own[0].at for own in self._acts.values())
            last = max(own[-1].at for own in self._acts.values())
            self._look = store.Look(self._running, list(acts), first, last, with_purses=with_purses)

    @property
    def selects(self) -> Sequence[Select]:
        """What has to be read for `finish`."""
        return self._look.selects if self._look else ()

    def finish(self, rows: Sequence[list[Row]]) -> None:
        """Judge what `begin` has noted with what its selects have found, and save the outcome.

        Standings are judged to the last act of each customer; what time alone makes due later waits for
        `advance`, so that the next file, or the next purchase, is not late.
        """
        if self._look:
            self._ahead = self._look.read(rows)
            self._run(self._acts, self._ahead.known, upto=None)

    def advance(self, customer_ids: Sequence[Id], *, as_of: datetime) -> None:
        """Hold the reviews of these members that are due by `as_of`."""
        acts: dict[Id, list[Act]] = {customer_id: [] for customer_id in customer_ids}
        self._run(acts, store.load_known(self._running.id, acts), upto=as_of)

    def grant(self, grants: Mapping[Id, Granted]) -> None:
        """Put members on tiers by hand, each at its own instant."""
        acts: dict[Id, list[Act]] = {customer_id: [act] for customer_id, act in grants.items()}
        self._run(acts, store.load_known(self._running.id, acts), upto=None)

    def judge_whole(self, customer_ids: Iterable[Id], *, fell_at: Mapping[Id, datetime] = {}) -> None:
        """Judge these members' whole histories anew: who is part of whom has changed.

        Or an order of somebody who is part of them was undone, which became known at `fell_at`.
        """
        self._is_whole, self._fell_at = True, fell_at
        acts: dict[Id, list[Act]] = {customer_id: [] for customer_id in customer_ids}
        self._run(acts, store.load_known(self._running.id, acts), upto=None)

    def _run(self, acts: Mapping[Id, list[Act]], known: dict[Id, Known], *, upto: datetime | None) -> None:
        """Judge who is in order from where they stand, and who is not from the beginning; then save."""
        self._again = frozenset([key for key, own in acts.items() if self._is_late(own, known[key])])
        self._judge_in_order({key: own for key, own in acts.items() if key not in self._again}, known, upto)
        self._judge_again({key: own for key, own in acts.items() if key in self._again}, known, upto)
        store.mark_undone(self._running.id, self._undone)
        post_accruals(
            self._running,
            self._accruals,
            judged_before=self._again,
            undone=frozenset(self._undone),
            recorded_at=self._recorded_at,
            purses=self._ahead.purses if self._ahead else None,
        )
        self._save_moves()
        rows = {key: (*row, *known[key].totals) for key, row in self._rows.items()}
        store.save_memberships(self._running.id, rows, known)

    def _is_late(self, acts: Sequence[Act], known: Known) -> bool:
        """Say whether something is not later than what was judged already, so that all is judged again.

        At the same instant too: which of two purchases came first must not depend on which we heard of
        first. Judging again what has not changed changes nothing. What is undone has never counted, so that
        everything since it counted is another history.
        """
        if self._is_whole or undone_at(acts):
            return True
        if known.is_rejudged and Measure.POINTS in self._program.measures:
            return True
        return bool(acts) and known.judged_to is not None and acts[0].at <= known.judged_to

    def _judge_in_order(
        self, acts: Mapping[Id, Sequence[Act]], known: Mapping[Id, Known], upto: datetime | None
    ) -> None:
        if not acts:
            return
        members = self._load_members(acts, known)
        for customer_id, own in acts.items():
            judgement = judge(self._program, members[customer_id], own, upto=upto)
            self._accruals.extend([(customer_id, accrual) for accrual in judgement.accruals])
            if not known[customer_id].merged_into:
                self._moves.extend([(customer_id, move) for move in judgement.moves])
            self._note(customer_id, judgement, known[customer_id], is_rejudged=known[customer_id].is_rejudged)
            known[customer_id].totals = _add_totals(known[customer_id].totals, own)

    def _load_members(self, acts: Mapping[Id, Sequence[Act]], known: Mapping[Id, Known]) -> dict[Id, Member]:
        """Return what judging needs to know of these customers, with the orders they bring back from."""
        program = self._program
        first = min((own[0].at for own in acts.values() if own), default=self._recorded_at)
        returning = [key for key in acts if not known[key].is_new]
        since = store.earliest_counted(program.tier_versions, (known[key] for key in returning), first)
        is_alone = not any(known[key].has_merged for key in returning)
        histories = self._ahead.histories_since(since) if self._ahead and is_alone else None
        if histories is None:
            histories = store.load_histories(self._running, known, returning, since)
        joined = store.load_joined_on(program, acts)
        absences = self._load_absences(acts)
        stays = stays_of(program.gates, acts)
        members = {
            key: Member(
                known[key].standing, histories.get(key) or {}, joined.get(key),
                absences=absences.get(key, ()),
                judged_to=known[key].judged_to,
                stays=stays.get(key, {}),
            )
            for key in acts
        }  # fmt: skip
        owners = {
            act.order_id: customer_id
            for customer_id, own in acts.items()
            for act in own
            if isinstance(act, GivenBack) and act.order_id
        }
        keys = [(customer_id, order_id) for order_id, customer_id in owners.items()]
        for order_id, earned in store.load_earned(self._running.id, keys).items():
            members[owners[order_id]].earned[order_id] = earned
        return members

    def _load_absences(self, acts: Mapping[Id, Sequence[Act]]) -> dict[Id, tuple[Absence, ...]]:
        """Return when these customers were no members: only what they bought then asks for it."""
        return self._ahead.absences if self._ahead else absences_of(acts)

    def _judge_again(
        self, acts: Mapping[Id, Sequence[Act]], known: Mapping[Id, Known], upto: datetime | None
    ) -> None:
        """Judge whole histories from the timeline, and keep what differs from what is on record."""
        if not acts:
            return
        histories = load_history(acts)
        recorded = store.load_recorded(self._running.id, list(acts))
        changes = store.load_changes(self._running.id, list(acts))
        merges = load_merges(self._running, acts)
        joined = store.load_joined_on(self._program, acts) | joined_before(self._program, merges)
        absences = self._load_absences(acts)
        merged_at = load_merged_at(one for one in acts if known[one].merged_into)
        stays = stays_of(self._program.gates, acts)
        for customer_id, new in acts.items():
            own = self._whole_history(histories[customer_id], changes[customer_id], new)
            own = in_time_order([*own, *(one.act for one in merges[customer_id])])
            last = upto or known[customer_id].judged_to
            member = Member(
                joined_on=joined.get(customer_id), absences=absences.get(customer_id, ()),
                stays=stays.get(customer_id, {}),
            )  # fmt: skip
            fell_at = self._fell_at.get(customer_id)
            told_level = known[customer_id].standing.level if undone_at(new) or fell_at else 0
            if at := merged_at.get(customer_id):
                known[customer_id].standing = self._standing_at(at, own, replace(member, earned={}))
            judgement = judge(self._program, member, own, upto=last, told_level=told_level, fell_at=fell_at)
            owed = still_owed(self._program, own, judgement.accruals, recorded[customer_id])
            self._accruals.extend([(customer_id, accrual) for accrual in owed])
            self._undone.extend([(customer_id, order_id) for order_id in undone_at(own)])
            if not known[customer_id].merged_into:
                self._correct_moves(customer_id, judgement.moves, changes[customer_id])
                self._falls.extend([(customer_id, judgement.fall)] if judgement.fall else [])
            known[customer_id].has_merged = bool(merges[customer_id])
            is_rejudged = known[customer_id].is_rejudged or bool(owed)
            self._note(customer_id, judgement, known[customer_id], is_rejudged=is_rejudged)
            known[customer_id].totals = _add_totals(sum_totals(merges[customer_id]), own)

    def _standing_at(self, at: datetime, acts: Sequence[Act], member: Member) -> Standing:
        """Return where somebody stood at an instant, as if what is undone by now had never been."""
        undone = undone_at(acts)
        then = [
            act
            for act in acts
            if act.at <= at and not (isinstance(act, Purchase | GivenBack) and act.order_id in undone)
        ]
        return judge(self._program, member, then, upto=at).standing

    def _whole_history(
        self, events: Sequence[Recorded], changes: Sequence[Change], new: Sequence[Act]
    ) -> list[Act]:
        acts: list[Act] = [act for event in events for act in self._reader.read(event)]
        acts += [
            Granted(move.at, move.to_level, move.held_until)
            for _, move in changes
            if move.cause is Cause.GRANTED
        ]
        acts += [act for act in new if isinstance(act, Granted)]
        return in_time_order(acts)

    def _correct_moves(self, customer_id: Id, moves: Sequence[TierMove], recorded: Sequence[Change]) -> None:
        """Keep the moves that came out the same; from the first that did not, the recorded are superseded."""
        same = 0
        while same < min(len(moves), len(recorded)) and moves[same] == recorded[same].move:
            same += 1
        self._superseded.extend([(customer_id, change) for change in recorded[same:]])
        self._moves.extend([(customer_id, move) for move in moves[same:]])

    def _note(self, customer_id: Id, judgement: Judgement, known: Known, *, is_rejudged: bool) -> None:
        judged_to = max(filter(None, (judgement.judged_to, known.judged_to)), default=None)
        # Who has become part of another stands where they stood then, and is reviewed no more.
        standing, review_at = (
            (known.standing, None) if known.merged_into else (judgement.standing, judgement.next_review_at)
        )
        self._rows[customer_id] = (
            *standing, judged_to, review_at, is_rejudged, known.merged_into, known.has_merged,
        )  # fmt: skip

    def _save_moves(self) -> None:
        versions = self._program.tier_versions
        insert_rows(
            models.TierChange,
            ("customer_id", "id", "program_id", "tiers_version", "recorded_at", *store.MOVE),
            [
                (
                    customer_id, new_id(), self._running.id, rules_at(versions, move.at).version,
                    self._recorded_at, *move,
                )
                for customer_id, move in self._moves
            ],
        )  # fmt: skip
        update_rows(
            models.TierChange,
            ("customer_id", "id"),
            ("superseded_at",),
            [(customer_id, change.id, self._recorded_at) for customer_id, change in self._superseded],
        )
        told = {(customer_id, _what(change.move)) for customer_id, change in self._superseded}
        record_batch(
            [
                Draft(customer_id, self._tell(move), move.at)
                for customer_id, move in self._moves
                if (customer_id, _what(move)) not in told
            ]
            + [Draft(customer_id, self._tell(fall), fall.at) for customer_id, fall in self._falls],
            recorded_at=self._recorded_at,
        )

    def _tell(self, move: TierMove) -> TierChanged | TierReviewed:
        rules = rules_at(self._program.tier_versions, move.at)
        program, tier = show_id(self._running.id), rules.levels[move.to_level].key
        figures: dict[str, Any] = {"measure": rules.measure.value, **_figures(rules, move)}
        if move.from_level == move.to_level and move.cause is not Cause.GRANTED:
            return TierReviewed(program=program, tier=tier, cause=move.cause.value, **figures)
        return TierChanged(
            program=program, from_tier=rules.levels[move.from_level].key, to_tier=tier,
            cause=move.cause.value, **figures,
        )  # fmt: skip


def _figures(rules: TierRules, move: TierMove) -> dict[str, Any]:
    """Return what a move was decided on, the second measure only where there is one."""
    figures: dict[str, Any] = {"value": move.value, "threshold": move.threshold}
    if rules.also is None:
        return figures
    second = {"also": rules.also.value, "also_value": move.also_value, "also_threshold": move.also_threshold}
    return {**figures, **second, "join": rules.join.value}


def _what(move: TierMove) -> tuple[datetime, int, int, str]:
    """Return what a move is to the member; the figures behind it may be corrected without a word."""
    return move.at, move.from_level, move.to_level, move.cause


def _add_totals(totals: Totals, acts: Sequence[Act]) -> Totals:
    count, spend, first, last = totals
    undone = undone_at(acts)
    for act in acts:
        if isinstance(act, Purchase | GivenBack) and act.order_id in undone:
            continue
        if isinstance(act, Purchase):
            count += 1
            spend += act.net_minor
            first = min(first or act.at, act.at)
            last = max(last or act.at, act.at)
        elif isinstance(act, GivenBack):
            spend -= act.net_minor
    return Totals(count, spend, first, last)
