"""Putting what selectors return into the forms the API shows."""

from collections.abc import Sequence

from dangol.api.event_rule_views import award_view
from dangol.api.views import (
    CutView,
    ExpiringView,
    LineView,
    LotView,
    MemberView,
    PartView,
    PointsView,
    PortionView,
    StandingView,
    TierView,
    WayView,
    WhyView,
)
from dangol.core.access.keys import KeyView
from dangol.core.ledger.selectors import Line, balances_of, lots_of, next_expiries
from dangol.core.people.selectors import profiles_of, stores_by_id
from dangol.core.storage.ids import Id, show_id
from dangol.rooms.rewards import selectors, whys
from dangol.rooms.rewards.event_rules.selectors import AwardView


def show_members(customer_ids: Sequence[Id], key: KeyView) -> list[MemberView]:
    """Return these customers as the key may see them, in the order given."""
    profiles = profiles_of(customer_ids)
    stores = stores_by_id({one.home_store_id for one in profiles.values() if one.home_store_id})
    views = []
    for customer_id in customer_ids:
        profile, person = profiles[customer_id], profiles[customer_id].person
        views.append(
            MemberView(
                id=show_id(customer_id), kind=person.kind, external_id=person.external_id, name=person.name,
                email=person.email, phone=person.phone, card=profile.card, birthday=profile.birthday,
                language=profile.language,
                home_store=stores[profile.home_store_id].number if profile.home_store_id else None,
                traits=profile.traits, joined_at=person.joined_at, created_at=profile.created_at,
                erased=person.erased,
            )
        )  # fmt: skip
    return views


def show_points(customer_id: Id, currency: str) -> PointsView:
    """Return what a customer has of a kind of points."""
    balance = balances_of([customer_id], currency)[customer_id]
    lots = lots_of(customer_id, currency)
    expiring = next_expiries([customer_id], currency).get(customer_id)
    soonest = ExpiringView(points=expiring.points, expires_at=expiring.expires_at) if expiring else None
    return PointsView(
        currency=currency, available=balance.available, pending=balance.pending, debt=balance.debt,
        next_expiry=soonest,
        lots=[
            LotView(
                id=show_id(lot.id), points=lot.points, left=lot.left, pending=lot.is_pending,
                earned_at=lot.earned_at, release_at=lot.release_at, expires_at=lot.expires_at,
                awaits=lot.awaits,
            )
            for lot in lots
        ],
    )  # fmt: skip


def show_line(line: Line, why: whys.WhyView | None, award: AwardView | None = None) -> LineView:
    """Return a line of a statement with its why."""
    return LineView(
        id=show_id(line.transfer_id), kind=line.kind, points=line.points, change=line.change,
        pending_change=line.pending_change, balance=line.balance, occurred_at=line.occurred_at,
        recorded_at=line.recorded_at, reason=line.reason,
        subject_id=show_id(line.subject_id) if line.subject_id else None,
        reverses_id=show_id(line.reverses_id) if line.reverses_id else None,
        why=show_why(why) if why else None, award=award_view(award) if award else None,
    )  # fmt: skip


def show_why(why: whys.WhyView) -> WhyView:
    """Return a judgement as data, so that its points can be computed again."""
    return WhyView(
        order_id=show_id(why.order_id), tier=why.tier, net_minor=why.net_minor, points=why.points,
        zero=why.zero or None, is_return=why.is_return, is_correction=why.is_correction,
        parts=[_part(one) for one in why.parts], parts_before=[_part(one) for one in why.parts_before],
        portions=[_portion(one) for one in why.portions],
        cut=CutView(**why.cut._asdict()) if why.cut else None,
        not_given=why.not_given, most_held=why.most_held,
    )  # fmt: skip


def _portion(view: whys.PortionView) -> PortionView:
    rule_id, version, name = view.rule or (None, None, None)
    return PortionView(
        lot=show_id(view.lot.id), points=view.points, rule_id=show_id(rule_id) if rule_id else None,
        rule_version=version, rule=name, release_at=view.lot.release_at, expires_at=view.lot.expires_at,
        awaits=view.lot.awaits,
    )  # fmt: skip


def _part(view: whys.PartView) -> PartView:
    part = view.part
    return PartView(
        rule_id=show_id(part.rule_id), rule_version=part.rule_version, rule=view.rule_name,
        category=view.category, base_minor=part.base_minor, rate_points=part.rate_points,
        rate_minor=part.rate_minor, multiplier=[part.multiplier_num, part.multiplier_den],
        rounding=part.rounding, points=part.points, whole_points=part.whole_points,
        share_points=part.share_points,
    )  # fmt: skip


def show_tier(tier: selectors.TierView) -> TierView:
    """Return a tier."""
    return TierView(
        key=tier.key, name=tier.name, level=tier.level, threshold=tier.threshold,
        extra_months=tier.extra_months, also_threshold=tier.also_threshold, gate=tier.gate or None,
    )  # fmt: skip


def show_standing(standing: selectors.StandingView) -> StandingView:
    """Return where a member stands."""
    return StandingView(
        program_id=show_id(standing.program_id), tier=show_tier(standing.tier), since=standing.since,
        held_until=standing.held_until, in_grace=standing.in_grace, unit=standing.unit, value=standing.value,
        next=show_tier(standing.next) if standing.next else None, missing=standing.missing,
        to_keep=standing.to_keep, next_review_at=standing.next_review_at,
        order_count=standing.totals.order_count, spend_minor=standing.totals.spend_minor,
        join=standing.join, ways=[WayView(**way._asdict()) for way in standing.ways],
        next_closed=standing.next_closed, keep_closed=standing.keep_closed,
    )  # fmt: skip
