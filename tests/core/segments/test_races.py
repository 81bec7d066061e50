"""Segments while others save, archive and send nonsense: nobody is forgotten or holds up the rest."""

from datetime import datetime, timedelta

import pytest

from dangol.core.events.models import Event
from dangol.core.segments import placing
from dangol.core.segments.models import Member, Watch
from dangol.core.segments.placing import PUT_OFF, Looked, place_due
from dangol.core.segments.running import Running
from dangol.core.segments.services import EventNotAsked, archive_segment, check_condition
from dangol.core.storage.ids import Id
from dangol.domain.conditions.refusals import UnfitValue
from tests.core.behavior.sending import BROWSER, send, track
from tests.core.commerce.shop import DAY, MORNING
from tests.core.segments.shop import MARKETER, bought, buy, catch_up, inside, make_segment, open_shop

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def did(event: str, **rest: object) -> dict[str, object]:
    return {"type": "did", "event": event, **rest}


def amid(monkeypatch: pytest.MonkeyPatch, happens: object) -> None:
    """Let something happen between a look at customers and the writing of what came of it, once."""
    write, waiting = placing._write, [happens]

    def interrupted(looked: Looked, running: list[Running], at: object) -> int:
        if waiting:
            waiting.pop()()  # type: ignore[operator]
        return write(looked, running, at)  # type: ignore[arg-type]

    monkeypatch.setattr(placing, "_write", interrupted)


def buyer_of_a_segment(slug: str, at: datetime) -> Id:
    """Make a segment of buyers, and let somebody buy who has not been looked at since."""
    (one,) = open_shop("A")
    make_segment(slug, bought())
    catch_up(MORNING)
    buy(one, "1", at)
    return one


def test_segment__saved_while_customers_are_looked_at__has_them_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    at = MORNING + DAY
    one = buyer_of_a_segment("first", at)

    def save() -> None:
        make_segment("second", bought(), at=at)
        catch_up(at)

    amid(monkeypatch, save)
    catch_up(at)

    assert (inside("first"), inside("second")) == ({one}, {one})


def test_segment__archived_while_customers_are_looked_at__takes_nobody_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    at = MORNING + DAY
    buyer_of_a_segment("first", at)

    amid(monkeypatch, lambda: archive_segment("first", actor=MARKETER, at=at))
    catch_up(at)

    assert not Member.objects.exists()
    assert not Event.objects.filter(name="segment.entered").exists()


def test_segment__event_of_an_unknown_kind__stops_nobody() -> None:
    open_shop()
    make_segment("clickers", did("Clicked"), at=MORNING)
    send(track("Clicked", anon="a-1", kind="unknown"), at=MORNING)
    send(track("Clicked", anon="a-2"), sender=BROWSER, at=MORNING)

    catch_up(MORNING)

    assert Member.objects.count() == 1


@pytest.mark.parametrize("name", ["order.placed", "points.earned", "consent.granted"])
def test_segment__app_calls_its_event_as_one_of_ours__does_not_count_it(name: str) -> None:
    open_shop()
    make_segment("clickers", did("Clicked"), at=MORNING)
    make_segment("theirs", did(name), at=MORNING)

    send(track(name, anon="a-1", properties={"amount": 999_999}), sender=BROWSER, at=MORNING)
    catch_up(MORNING)

    assert not Member.objects.exists()


def test_segment__names_with_quotes_and_of_other_scripts__are_found() -> None:
    names = ['He said "hi"', "장바구니 담기", "back\\slash", "new\nline", "page.viewed"]
    open_shop()
    for number, name in enumerate(names):
        make_segment(f"s{number}", did(name), at=MORNING)
        send(track(name, anon=f"a-{number}"), sender=BROWSER, at=MORNING)
    send(track("Home", anon="a-9", kind="page"), sender=BROWSER, at=MORNING)

    catch_up(MORNING)

    assert [len(inside(f"s{number}")) for number in range(len(names))] == [1, 1, 1, 1, 2]


def test_segment__one_customer_cannot_be_asked_about__the_others_are_placed(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    customers = open_shop("A", "B", "C")
    make_segment("buyers", bought())
    for number, one in enumerate(customers):
        buy(one, str(number), MORNING)
    broken, place = customers[1], placing.place

    def fails(due: placing.Due, *rest: object) -> placing.Placing:
        if due.customer_id == broken:
            raise ValueError("cannot be")
        return place(due, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(placing, "place", fails)
    catch_up(MORNING)

    assert inside("buyers") == set(customers) - {broken}
    assert "cannot be placed" in caplog.text
    assert Watch.objects.get(customer_id=broken).due_at == MORNING + PUT_OFF

    monkeypatch.undo()
    place_due(MORNING + PUT_OFF)
    assert inside("buyers") == set(customers)


def test_segment__windows_of_other_events__do_not_widen_each_other() -> None:
    (one,) = open_shop("A")
    month = {"window": {"type": "last", "n": 30, "unit": "days"}}
    make_segment("ever", did("Signed up"), at=MORNING)
    make_segment("lately", did("Clicked", **month), at=MORNING)
    at = MORNING + timedelta(days=100)
    send(track("Clicked", user="A"), at=MORNING)
    send(track("Signed up", user="A"), at=MORNING)

    catch_up(at)

    assert (inside("ever"), inside("lately")) == ({one}, set())


@pytest.mark.parametrize(
    "event",
    ["segment.entered", "segment.left", "behavior.tracked", "order.claimed"],
)
def test_check_condition__event_that_is_our_own_account__is_refused(event: str) -> None:
    open_shop()

    with pytest.raises(EventNotAsked) as refusal:
        check_condition(did(event))

    assert refusal.value.data["event"] == event


@pytest.mark.parametrize(
    ("broken", "path"),
    [
        (did(" "), "$.event"),
        (did("a\0"), "$.event"),
        (did("\ud800"), "$.event"),
        (did("a", where=[{"property": "\0", "op": "is_set"}]), "$.where[0].property"),
        ({"type": "aggregate", "event": "a", "measure": "sum", "property": " ", "op": "at_least", "value": 1},
         "$.property"),
        ({"type": "sequence", "steps": [{"event": "a"}, {"event": "\0"}]}, "$.steps[1].event"),
    ],
)  # fmt: skip
def test_check_condition__name_that_nothing_can_have__is_refused_by_its_place(
    broken: object, path: str
) -> None:
    open_shop()

    with pytest.raises(UnfitValue) as refusal:
        check_condition(broken)

    assert refusal.value.data["path"] == path
