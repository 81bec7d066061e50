"""Judging batches: what the timeline tells is turned into points, standings and their whys."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from dangol.core.events.records import Draft, Recorded
from dangol.core.events.services import record_batch
from dangol.core.ledger.services import Order, apply
from dangol.core.storage.ids import Id, new_id, show_id
from dangol.core.storage.rows import insert_rows, update_rows
from dangol.domain.membership import (
    Accrual,
    GivenBack,
    Granted,
    Judgement,
    Member,
    Purchase,
    differences,
    judge,
)
from dangol.domain.points import ClawBack, Earn, Shortfall
from dangol.domain.tiers import Cause, History, Measure, TierMove
from dangol.rooms.rewards import models, store
from dangol.rooms.rewards.acts import Act, Reader, load_history
from dangol.rooms.rewards.events import TierChanged, TierReviewed
from dangol.rooms.rewards.programs import Running
from dangol.rooms.rewards.store import Known, OrderAccruals, Totals

ABOUT = {False: "order", True: "return"}


class Batch:
    """One program's judgement of a batch of events: loaded at once, decided in memory, saved at once."""

    def __init__(self, running: Running, shortfall: str, recorded_at: datetime) -> None:
        self._running = running
        self._program = running.rules
        self._shortfall = Shortfall(shortfall)
        self._recorded_at = recorded_at
        self._reader = Reader(self._program.rules, running.row.money_currency)
        self._accruals: list[tuple[Id, Accrual]] = []
        self._moves: list[tuple[Id, TierMove]] = []
        self._superseded: list[tuple[Id, Id, datetime]] = []
        self._rows: dict[Id, tuple[object, ...]] = {}
        self._again: set[Id] = set()

    def judge_events(self, events: Sequence[Recorded]) -> None:
        """Judge orders and returns just recorded, each customer's in time order, and save the outcome.

        Who has one that is older than what was judged already is judged again from the beginning: what
        is missing is posted at its own instant, what differs is corrected by a second transfer.
        """
        acts: dict[Id, list[Act]] = defaultdict(list)
        for event in sorted(events, key=lambda event: event.occurred_at):
            if found := self._reader.read(event):
                acts[event.customer_id].extend(found)
        known = store.load_known(self._running.id, acts)
        late = [key for key, one in known.items() if one.judged_to and acts[key][0].at < one.judged_to]
        in_order = {key: acts[key] for key in acts if key not in set(late)}
        self._judge_in_order(in_order, known)
        self._judge_again(late, known)
        for customer_id, new_acts in acts.items():
            self._add_totals(customer_id, new_acts, known[customer_id])
        self._save(known)

    def advance(self, customer_ids: Sequence[Id]) -> None:
        """Hold the reviews of these members that are due."""
        known = store.load_known(self._running.id, customer_ids)
        self._judge_in_order({customer_id: [] for customer_id in customer_ids}, known)
        self._save(known)

    def grant(self, customer_id: Id, act: Granted) -> None:
        """Put a member on a tier by hand."""
        known = store.load_known(self._running.id, [customer_id])
        member = self._members([customer_id], known, act.at)[customer_id]
        self._note(customer_id, judge(self._program, member, [act], upto=act.at), known[customer_id])
        self._save(known)

    def _members(
        self, customer_ids: Sequence[Id], known: Mapping[Id, Known], first: datetime
    ) -> dict[Id, Member]:
        returning = [key for key in customer_ids if not known[key].is_new]
        since = store.earliest_counted(self._program.tiers, (known[key] for key in returning), first)
        histories = store.load_histories(self._running, returning, since)
        joined = self._joined_on(customer_ids)
        return {
            key: Member(known[key].standing, histories.get(key) or History(), joined.get(key))
            for key in customer_ids
        }

    def _joined_on(self, customer_ids: Sequence[Id]) -> dict[Id, date]:
        if self._program.tiers.measure is not Measure.TENURE:
            return {}
        return store.load_joined_on(customer_ids, self._program.tiers.zone)

    def _judge_in_order(self, acts: Mapping[Id, Sequence[Act]], known: Mapping[Id, Known]) -> None:
        if not acts:
            return
        first = min((own[0].at for own in acts.values() if own), default=self._recorded_at)
        members = self._members(list(acts), known, first)
        brought_back = [
            (customer_id, act.order_id)
            for customer_id, own in acts.items()
            for act in own
            if isinstance(act, GivenBack) and act.order_id
        ]
        earned = store.load_earned(brought_back)
        for customer_id, order_id in brought_back:
            if order_id in earned:
                members[customer_id].earned[order_id] = earned[order_id]
        for customer_id, own in acts.items():
            judgement = judge(self._program, members[customer_id], own, upto=self._recorded_at)
            self._accruals.extend([(customer_id, accrual) for accrual in judgement.accruals])
            self._note(customer_id, judgement, known[customer_id])

    def _judge_again(self, customer_ids: Sequence[Id], known: Mapping[Id, Known]) -> None:
        if not customer_ids:
            return
        self._again = set(customer_ids)
        histories = load_history(customer_ids)
        points = store.load_points(self._running.id, customer_ids)
        changes = store.load_changes(self._running.id, customer_ids)
        joined = self._joined_on(customer_ids)
        for customer_id in customer_ids:
            acts: list[Act | Granted] = [
                act for event in histories[customer_id] for act in self._reader.read(event)
            ]
            acts += [
                Granted(at, to_level, held_until)
                for _, at, _, to_level, cause, held_until in changes[customer_id]
                if store.is_grant(cause)
            ]
            acts.sort(key=lambda act: act.at)
            member = Member(joined_on=joined.get(customer_id))
            judgement = judge(self._program, member, acts, upto=self._recorded_at)
            for accrual, difference in differences(judgement.accruals, points[customer_id]):
                self._accruals.append((customer_id, accrual._replace(points=difference)))
            judgement.moves = self._new_moves(customer_id, judgement.moves, changes[customer_id])
            self._note(customer_id, judgement, known[customer_id])

    def _new_moves(
        self, customer_id: Id, moves: Sequence[TierMove], recorded: Sequence[tuple[object, ...]]
    ) -> list[TierMove]:
        """Return the moves that are not recorded yet; recorded ones that would not have come are superseded."""
        same = 0
        for move, (_, at, from_level, to_level, cause, _) in zip(moves, recorded, strict=False):
            if (move.at, move.from_level, move.to_level, move.cause.value) != (
                at,
                from_level,
                to_level,
                cause,
            ):
                break
            same += 1
        for change_id, *_ in recorded[same:]:
            assert isinstance(change_id, bytes)
            self._superseded.append((customer_id, change_id, self._recorded_at))
        return list(moves[same:])

    def _note(self, customer_id: Id, judgement: Judgement, known: Known) -> None:
        standing = judgement.standing
        judged_to = max(filter(None, (judgement.judged_to, known.judged_to)), default=None)
        self._moves.extend([(customer_id, move) for move in judgement.moves])
        self._rows[customer_id] = (
            standing.level, standing.since, standing.held_until, standing.in_grace,
            judged_to, judgement.next_review_at,
        )  # fmt: skip

    @staticmethod
    def _add_totals(customer_id: Id, acts: Sequence[Act], known: Known) -> None:
        count, spend, first, last = known.totals
        for act in acts:
            if isinstance(act, Purchase):
                count += 1
                spend += act.net_minor
                first = min(first or act.at, act.at)
                last = max(last or act.at, act.at)
            else:
                spend -= act.net_minor
        known.totals = Totals(count, spend, first, last)

    def _save(self, known: Mapping[Id, Known]) -> None:
        self._save_accruals()
        insert_rows(
            models.TierChange,
            store.CHANGE,
            [
                (
                    customer_id, new_id(), self._running.id, self._program.tiers.version, move.at,
                    self._recorded_at, move.from_level, move.to_level, move.cause.value, move.value,
                    move.threshold, move.window_from, move.held_until,
                )
                for customer_id, move in self._moves
            ],
        )  # fmt: skip
        update_rows(models.TierChange, ("customer_id", "id"), ("superseded_at",), self._superseded)
        rows = {key: (*row, *known[key].totals) for key, row in self._rows.items()}
        store.save_memberships(self._running.id, rows, known)
        record_batch(
            [Draft(customer_id, self._tell(move), move.at) for customer_id, move in self._moves],
            recorded_at=self._recorded_at,
        )

    def _tell(self, move: TierMove) -> TierChanged | TierReviewed:
        levels = self._program.tiers.levels
        program, measure = show_id(self._running.id), self._program.tiers.measure.value
        if move.from_level == move.to_level and move.cause is not Cause.GRANTED:
            return TierReviewed(
                program=program, tier=levels[move.to_level].key, cause=move.cause.value,
                measure=measure, value=move.value, threshold=move.threshold,
            )  # fmt: skip
        return TierChanged(
            program=program, from_tier=levels[move.from_level].key, to_tier=levels[move.to_level].key,
            cause=move.cause.value, measure=measure, value=move.value, threshold=move.threshold,
        )  # fmt: skip

    def _save_accruals(self) -> None:
        """Move the points and write down the whys, numbered on from what each order already has."""
        orders = self._order_accruals()
        commands, rows, parts = [], [], []
        for customer_id, accrual in self._accruals:
            order_id = accrual.order_id or accrual.about_id
            order = orders[order_id]
            order.number += 1
            lot_id, own = self._commands(customer_id, accrual, order, order_id)
            commands.extend(own)
            rows.append(
                [customer_id, order_id, order.number, accrual, len(commands) - 1 if own else None, lot_id]
            )
            parts.extend(
                [
                    (customer_id, order_id, order.number, number, *part)
                    for number, part in enumerate(accrual.parts, start=1)
                ]
            )
        results = apply(commands, self._running.row.points_currency, recorded_at=self._recorded_at)
        for result in results:
            if result.refusal:
                raise result.refusal
        insert_rows(
            models.Accrual,
            store.ACCRUAL,
            [
                (
                    customer_id, order_id, number, accrual.about_id, self._running.id, accrual.is_return,
                    accrual.at, self._recorded_at, accrual.tier, accrual.net_minor if number == 1 or accrual.is_return else 0,
                    accrual.points, accrual.zero.value if accrual.zero else "",
                    None if place is None else results[place].transfer_id, lot_id,
                )
                for customer_id, order_id, number, accrual, place, lot_id in rows
            ],
        )  # fmt: skip
        insert_rows(models.AccrualPart, store.PART, parts)

    def _order_accruals(self) -> dict[Id, OrderAccruals]:
        """Return what is recorded about the orders at hand; a first purchase has nothing to look up."""
        looked_up = [
            (customer_id, accrual.order_id)
            for customer_id, accrual in self._accruals
            if accrual.order_id and (accrual.is_return or customer_id in self._again)
        ]
        orders: dict[Id, OrderAccruals] = defaultdict(OrderAccruals)
        orders.update(store.load_order_accruals(looked_up))
        return orders

    def _commands(
        self, customer_id: Id, accrual: Accrual, order: OrderAccruals, order_id: Id
    ) -> tuple[Id | None, list[Order]]:
        key = f"accrual:{self._running.id.hex()}:{order_id.hex()}:{order.number}"
        reason = ABOUT[accrual.is_return]
        if accrual.points > 0:
            lot_id = new_id()
            order.lots.append([lot_id, accrual.points])
            earn = Earn(
                key, accrual.at, accrual.points, accrual.release_at, accrual.expires_at,
                reason, accrual.about_id, lot_id,
            )  # fmt: skip
            return lot_id, [Order(customer_id, earn)]
        if accrual.points == 0:
            return None, []
        taken = store.take_from_lots(order, -accrual.points)
        return taken[0][0], [
            Order(
                customer_id,
                ClawBack(
                    key if place == 0 else f"{key}:{place}", accrual.at, points, lot_id,
                    self._shortfall, reason, accrual.about_id,
                ),
            )
            for place, (lot_id, points) in enumerate(taken)
        ]  # fmt: skip
