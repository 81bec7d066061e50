"""Who is like those in a segment: scored, told as traits for conditions to ask about, or refused in words."""

from datetime import timedelta
from decimal import Decimal

import pytest

from dangol.core.commerce.models import CustomerDay
from dangol.core.people.actors import HOUSE
from dangol.core.people.erasures import erase_customer
from dangol.core.people.selectors import shop
from dangol.core.segments.catalog import read_traits
from dangol.core.segments.models import Trait
from dangol.core.segments.running import users_of
from dangol.core.segments.services import SegmentInUse, UnknownSegment, archive_segment, restore_segment
from dangol.core.segments.told_results import tell_results
from dangol.core.segments.traits import TraitDraft, note_names, report_traits
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from dangol.core.tasks.models import Job
from dangol.core.tasks.registry import Due, find_task
from dangol.core.tasks.services import enqueue
from dangol.domain.conditions import Kind, Value
from dangol.insight.lifetime.refusals import NotEnoughData
from dangol.rooms.personalization.alike import MODEL, because_of, score_of
from dangol.rooms.personalization.forgetting import forget_alike
from dangol.rooms.personalization.likeness import find_alike, refresh_alike
from dangol.rooms.personalization.runs import note_run
from dangol.rooms.personalization.selectors import alike_job, most_alike, runs_of
from dangol.rooms.personalization.services import ask_alike
from tests.core.commerce.shop import DAY
from tests.core.segments.shop import MARKETER, catch_up, inside, make_segment
from tests.rooms.personalization.test_refresh import NIGHT, START, bring_history

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
AS_OF = START + timedelta(days=364)
SLUG = "regulars-of-ours"
SCORE, BECAUSE = "lookalike.regulars_of_ours", "lookalike.regulars_of_ours.because"


def name_some(owners: list[Id], number: int) -> set[Id]:
    """Let an app name every second of those who came most often, and make a segment of who is named."""
    days = dict.fromkeys(owners, 0)
    for owner in CustomerDay.objects.values_list("customer_id", flat=True):
        days[owner] += 1
    named = sorted(owners, key=lambda one: (-days[one], one))[: number * 2 : 2]
    with write_transaction():
        report_traits([TraitDraft(one, "app.vip", True, NIGHT, "app") for one in named], recorded_at=NIGHT)
    make_segment(SLUG, {"type": "trait", "trait": "app.vip", "op": "equals", "value": True}, at=NIGHT)
    catch_up(NIGHT)
    assert inside(SLUG) == set(named)
    return set(named)


def scores() -> dict[Id, str]:
    """Return what is told of likeness, by customer."""
    return dict(Trait.objects.filter(name=SCORE).values_list("customer_id", "value"))


def test_find_alike__members_who_come_often__puts_who_comes_often_first_and_says_by_what() -> None:
    owners = bring_history(300, seed=4)
    named = name_some(owners, 60)

    changed = find_alike(shop(), SLUG, as_of=AS_OF, at=NIGHT)

    told = scores()
    [run] = runs_of(MODEL, about=SLUG)
    assert changed == run.customers == len(told)
    assert not named & set(told)
    assert run.card["parameters"]["seed_members"] == 60
    assert run.card["figures"]["auc"]["low"] > 0.6
    assert sum(row["customers"] for row in run.card["reliability"]) == 60 + len(told)
    assert {row["feature"] for row in run.card["weights"]} >= {"purchase_days", "recency_days"}
    best = most_alike(SLUG, limit=10)
    assert [one.score for one in best] == sorted((one.score for one in best), reverse=True)
    assert best[0].score == max(Decimal(value.strip('"')) for value in told.values())
    assert all(one.because for one in best)
    found = read_traits([best[0].customer_id], frozenset({SCORE, BECAUSE}), as_of=NIGHT)
    assert found[best[0].customer_id] == {SCORE: best[0].score, BECAUSE: best[0].because}
    source = Trait.objects.get(name=SCORE, customer_id=best[0].customer_id).source
    assert source == f"lookalike {run.version}"


def test_find_alike__again__changes_nobody_and_a_segment_of_them_follows_the_trait() -> None:
    named = name_some(bring_history(300, seed=4), 60)
    find_alike(shop(), SLUG, as_of=AS_OF, at=NIGHT)
    middle = most_alike(SLUG, limit=20)[-1].score
    make_segment(
        "like-them", {"type": "trait", "trait": SCORE, "op": "at_least", "value": float(middle)}, at=NIGHT
    )
    catch_up(NIGHT)

    assert find_alike(shop(), SLUG, as_of=AS_OF, at=NIGHT + DAY) == 0

    assert len(inside("like-them")) >= 20
    assert not inside("like-them") & named
    assert len(runs_of(MODEL, about=SLUG)) == 2


@pytest.mark.parametrize(("number", "what", "count"), [(49, "seed members", 49), (0, "seed members", 0)])
def test_find_alike__too_few_in_the_segment__says_how_many_and_takes_old_scores_away(
    number: int, what: str, count: int
) -> None:
    owners = bring_history(120, seed=4)
    tell_results({SCORE: {owners[0]: Decimal("0.500")}}, source=f"{MODEL} old", at=NIGHT, due_at=NIGHT)
    with write_transaction():
        report_traits([TraitDraft(owners[0], "app.vip", False, NIGHT, "app")], recorded_at=NIGHT)
    assert scores()
    name_some(owners, number)

    refusal = find_alike(shop(), SLUG, as_of=AS_OF, at=NIGHT)

    assert isinstance(refusal, NotEnoughData)
    assert refusal.data["what"] == what
    assert refusal.data["needed"] == 50
    assert refusal.data["found"] <= count
    assert runs_of(MODEL, about=SLUG)[0].refusal == {"code": refusal.code, "facts": refusal.data}
    assert not scores()


def test_refresh__a_search_was_asked_for__is_made_anew_each_night_while_the_segment_is_kept() -> None:
    owners = bring_history(300, seed=4)
    named = name_some(owners, 60)
    make_segment("never-asked", {"type": "not", "of": {"type": "member", "segment": SLUG}}, at=NIGHT)
    assert refresh_alike(shop(), as_of=AS_OF, at=NIGHT) == {}
    find_alike(shop(), SLUG, as_of=AS_OF, at=NIGHT)
    first = scores()
    gone = sorted(named)[0]
    with write_transaction():
        report_traits([TraitDraft(gone, "app.vip", False, NIGHT + DAY, "app")], recorded_at=NIGHT + DAY)
        enqueue("personalization.refresh", Due(NIGHT + DAY), run_at=NIGHT + DAY)
    catch_up(NIGHT + DAY)

    with write_transaction():
        enqueue("personalization.refresh_now", Due(NIGHT + DAY), run_at=NIGHT + DAY)
    catch_up(NIGHT + DAY)

    assert gone not in first
    assert gone in scores(), "who has left the segment is scored by the next night"
    # The one that was asked for, the night's, and the one with all models.
    assert len(runs_of(MODEL, about=SLUG)) == 3
    archive_segment("never-asked", actor=MARKETER, at=NIGHT + DAY)
    assert set(refresh_alike(shop(), as_of=AS_OF, at=NIGHT + DAY)) == {SLUG}
    archive_segment(SLUG, actor=MARKETER, at=NIGHT + DAY)
    assert refresh_alike(shop(), as_of=AS_OF, at=NIGHT + DAY) == {}


def test_find_alike__somebody_erased__is_told_of_no_more() -> None:
    owners = bring_history(300, seed=4)
    named = name_some(owners, 60)
    gone = next(one for one in owners if one not in named)
    find_alike(shop(), SLUG, as_of=AS_OF, at=NIGHT)
    assert gone in scores()

    erase_customer(gone, actor=HOUSE, reason="asked", at=NIGHT)
    catch_up(NIGHT)
    find_alike(shop(), SLUG, as_of=AS_OF, at=NIGHT + DAY)

    assert scores()
    assert gone not in scores()


def test_ask_alike__twice__leaves_one_job_of_this_segment_that_tells() -> None:
    name_some(bring_history(120, seed=4), 5)

    first = ask_alike(SLUG, at=NIGHT)

    assert ask_alike(SLUG, at=NIGHT) == first
    assert ask_alike("another", at=NIGHT) != first
    catch_up(NIGHT)
    job = alike_job(SLUG)
    assert job is not None
    assert (job.id, job.state) == (first, "done")
    assert Job.objects.filter(name="personalization.find_alike", state="done").count() == 2
    assert len(runs_of(MODEL, about=SLUG)) == 1
    assert not runs_of(MODEL, about="another"), "there is no such segment"


def test_names__a_slug__are_names_a_trait_may_have() -> None:
    assert (score_of("a-b-2"), because_of("a-b-2")) == ("lookalike.a_b_2", "lookalike.a_b_2.because")
    assert len(because_of("x" * 40)) <= 64


def like_them(at: str = "0.9") -> list[Id]:
    """Let somebody be told of as like those in two segments."""
    owners = bring_history(4, seed=1)
    for slug in (SLUG, "others"):
        make_segment(slug, {"type": "trait", "trait": "customer.is_member", "op": "equals", "value": True})
        traits: dict[str, dict[Id, Value]] = {
            score_of(slug): {owners[0]: Decimal(at), owners[1]: Decimal("0.2")},
            because_of(slug): {owners[0]: ("days",)},
        }
        tell_results(traits, source=f"{MODEL} 1", at=NIGHT, due_at=NIGHT)
        note_run(MODEL, AS_OF, NIGHT, refusal=NotEnoughData(what="members", found=1, needed=50), about=slug)
    return owners


def test_forget_alike__segment_is_archived__takes_away_its_own_only() -> None:
    like_them()
    assert forget_alike(at=NIGHT) == 0

    archive_segment(SLUG, actor=MARKETER, at=NIGHT + DAY)
    # Whoever has had the form open since before.
    least = {"type": "trait", "trait": SCORE, "op": "at_least", "value": 0.5}
    with pytest.raises(UnknownSegment):
        make_segment("like-them", least, at=NIGHT + DAY)

    assert forget_alike(at=NIGHT + DAY) == 2
    catch_up(NIGHT + DAY)

    told = Trait.objects.filter(name__startswith=f"{MODEL}.").values_list("name", flat=True)
    assert set(told) == {score_of("others"), because_of("others")}
    assert (len(runs_of(MODEL, about=SLUG)), len(runs_of(MODEL, about="others"))) == (0, 1)
    assert forget_alike(at=NIGHT + DAY) == 0


def test_forget_alike__by_the_worker__is_done_within_minutes_and_not_once_it_is_restored() -> None:
    like_them()
    archive_segment(SLUG, actor=MARKETER, at=NIGHT + DAY)
    restore_segment(SLUG, actor=MARKETER, at=NIGHT + DAY)
    forget_alike(at=NIGHT + DAY)
    assert scores()

    archive_segment(SLUG, actor=MARKETER, at=NIGHT + DAY)
    handler = find_task("personalization.forget_alike")
    assert handler
    with write_transaction():
        enqueue(handler.name, Due(NIGHT + DAY), run_at=NIGHT + DAY)
    catch_up(NIGHT + DAY)

    assert not scores()


def test_archive_segment__another_asks_who_is_like_those_in_it__is_refused_and_named() -> None:
    name_some(bring_history(3, seed=4), 1)
    write = {"type": "trait", "op": "at_least", "value": 0.5}
    with write_transaction():
        note_names({SCORE: Kind.NUMBER, f"{SCORE}_2": Kind.NUMBER}, at=NIGHT)
    make_segment("asks", write | {"trait": SCORE}, at=NIGHT)
    vip = {"type": "trait", "trait": "app.vip", "op": "equals", "value": True}
    make_segment(f"{SLUG}-2", vip, at=NIGHT)
    make_segment("asks-another", write | {"trait": f"{SCORE}_2"}, at=NIGHT)

    with pytest.raises(SegmentInUse) as refused:
        archive_segment(SLUG, actor=MARKETER, at=NIGHT)

    assert dict(refused.value.data) == {"segment": SLUG, "segments": "asks"}
    assert users_of(SLUG) == ["asks"]
    archive_segment("asks", actor=MARKETER, at=NIGHT)
    archive_segment(SLUG, actor=MARKETER, at=NIGHT)
