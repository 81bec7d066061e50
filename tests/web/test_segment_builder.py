"""Writing a segment: the form by submits alone, what is kept, what is wrong and where, and what is saved."""

import re
from typing import Any

import msgspec
import pytest
from django.test import Client

from dangol.core.behavior.messages import Message, Sender
from dangol.core.behavior.services import take_in_messages
from dangol.core.segments.models import Segment, SegmentVersion, TraitName
from dangol.core.segments.selectors import find_segment
from dangol.core.segments.services import SegmentChange, SegmentDraft, change_segment, create_segment
from dangol.core.storage.ids import show_id
from dangol.web.condition_form.parts import Part, act
from tests.core.segments.shop import MARKETER
from tests.web.forms import read_form
from tests.web.story import NOW, Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
BOUGHT: dict[str, Any] = {"type": "did", "event": "order.placed"}
IS_MEMBER: dict[str, Any] = {"type": "trait", "trait": "customer.is_member", "op": "equals", "value": True}


class Writer:
    """Somebody who writes a segment in a browser without scripts."""

    def __init__(self, client: Client, path: str = "/segments/new") -> None:
        self.client, self.path = client, path
        self._read(client.get(path))

    def _read(self, answer: Any) -> None:
        self.answer, self.page = answer, answer.content.decode()
        if answer.status_code != 302:
            self.fields = read_form(self.page, "builder")

    def type(self, **fields: str) -> "Writer":
        """Write into fields, by names in which `__` stands for the dot and a leading `_` for nothing."""
        self.fields |= {name.removeprefix("_").replace("__", "."): [text] for name, text in fields.items()}
        return self

    def press(self, do: str, **headers: str) -> "Writer":
        """Press a button."""
        answer = self.client.post(self.path, self.fields | {"do": [do]}, headers=headers)
        if not headers:
            self._read(answer)
        else:
            self.answer, self.page = answer, answer.content.decode()
        return self

    @property
    def parts(self) -> list[str]:
        """The parts there are, as number, parent and kind."""
        return self.fields["part"]


def saved(slug: str) -> Any:
    """Return the condition a segment has, without what is left empty."""
    segment = Segment.objects.get(slug=slug)
    row = SegmentVersion.objects.get(segment_id=segment.id, number=segment.version)
    return msgspec.json.decode(row.condition)


CONDITIONS: list[dict[str, Any]] = [
    BOUGHT,
    {"type": "all", "of": [BOUGHT]},
    {"type": "any", "of": [{"type": "not", "of": {"type": "all", "of": [BOUGHT, IS_MEMBER]}}, IS_MEMBER]},
    {"type": "not", "of": {"type": "any", "of": [BOUGHT, IS_MEMBER]}},
    {"type": "all", "of": [{"type": "not", "of": {"type": "any", "of": [BOUGHT]}}]},
    {"type": "all", "of": [{"type": "not", "of": {"type": "member", "segment": "other"}}]},
    {**BOUGHT, "times": {"op": "exactly", "n": 0}, "window": {"type": "last", "n": 6, "unit": "weeks"}},
    {**BOUGHT, "times": {"op": "at_most", "n": 3}, "window": {"type": "between", "from": "2026-01-01"}},
    {**BOUGHT, "window": {"type": "between", "from": "2026-01-01T09:00:00+09:00", "to": "2026-02-01"}},
    {
        **BOUGHT,
        "where": [
            {"property": "amount", "op": "between", "value": [10, 99.5]},
            {"property": "categories", "op": "has_any", "value": ["Food > Tea", "Food"]},
            {"property": "store", "op": "is_missing"},
            {"property": "color", "op": "equals", "value": "red"},
            {"property": "colored", "op": "equals", "value": True},
            {"property": "until", "op": "within_next", "value": {"n": 3, "unit": "days"}},
        ],
    },
    {"type": "sequence", "steps": [
        {"event": "customer.joined"},
        {"event": "order.placed", "within": {"n": 48, "unit": "hours"},
         "where": [{"property": "amount", "op": "at_least", "value": 5}]},
    ], "window": {"type": "last", "n": 1, "unit": "years"}},
    {"type": "aggregate", "event": "order.placed", "measure": "sum", "property": "amount", "op": "at_least",
     "value": 1000},
    {"type": "aggregate", "event": "order.placed", "measure": "count", "op": "more_than",
     "other": "rewards.points"},
    {"type": "aggregate", "event": "order.placed", "measure": "last", "property": "store", "op": "in",
     "value": ["1", "2"]},
    {"type": "trait", "trait": "rewards.tier", "op": "in", "value": ["silver", "gold"]},
    {"type": "trait", "trait": "rewards.tier", "op": "at_least", "value": "silver"},
    {"type": "trait", "trait": "customer.birthday", "op": "anniversary_within",
     "value": {"n": 7, "unit": "days"}},
    {"type": "trait", "trait": "customer.birthday", "op": "between", "value": ["1990-01-01", "1999-12-31"]},
    {"type": "trait", "trait": "customer.joined_at", "op": "after", "other": "customer.known_since"},
    {"type": "trait", "trait": "customer.joined_at", "op": "before", "value": "2026-01-02T03:04:05+00:00"},
    {"type": "trait", "trait": "customer.language", "op": "not_in", "value": ["ko", "en"]},
    IS_MEMBER,
]  # fmt: skip


@pytest.mark.parametrize("condition", CONDITIONS, ids=range(len(CONDITIONS)))
def test_form__of_any_condition__says_the_same_condition(
    clerk: Client, story: Story, condition: dict[str, Any]
) -> None:
    create_segment(SegmentDraft("other", "Other", "", IS_MEMBER), actor=MARKETER, at=NOW)
    create_segment(SegmentDraft("written", "Written", "", condition), actor=MARKETER, at=NOW)
    before = saved("written")

    writer = Writer(clerk, "/segments/written/edit").press("draw").press("save")

    assert writer.answer.status_code == 302, re.findall('class="error">(.*?)<', writer.page)
    assert saved("written") == before
    assert find_segment("written").version == 1


def test_form__trait_in_korean__is_chosen_like_any_other(clerk: Client, story: Story) -> None:
    TraitName.objects.create(name="app.단계", kind="text", first_at=NOW)
    writer = Writer(clerk).press("add:1:trait").type(_3__trait="app.단계").press("draw")

    writer.type(_3__value="상").press("drop:2").type(name="상위", slug="high").press("save")

    assert writer.answer["Location"] == "/segments/high", re.findall('class="error">(.*?)<', writer.page)
    asked = {"type": "trait", "trait": "app.단계", "op": "equals", "value": "상"}
    assert saved("high") == {"type": "all", "of": [asked]}


def test_builder__by_submits_alone__nested_groups_are_written_and_saved(clerk: Client, story: Story) -> None:
    writer = Writer(clerk)
    assert writer.parts == ["1::group", "2:1:did"]

    writer.press("add:1:group").press("add:3:trait").type(_4__trait="rewards.points").press("draw")
    writer.type(_4__value="1,000").press("add:3:did").type(_5__times="never").press("draw")
    writer.press("add:2:test").type(_6__property="amount").press("draw").type(_6__value="10.5")
    writer.type(name="많이 사는 손님", slug="big", about="겨울 행사").press("save")

    assert writer.answer["Location"] == "/segments/big"
    found = saved("big")
    assert (found["type"], [one["type"] for one in found["of"]]) == ("all", ["did", "any"])
    assert found["of"][0]["where"] == [{"property": "amount", "op": "at_least", "value": 10.5}]
    assert found["of"][1]["of"][0]["value"] == 1000
    assert found["of"][1]["of"][1]["times"] == {"op": "exactly", "n": 0}
    assert find_segment("big").about == "겨울 행사"


def test_builder__name_without_a_short_one__gets_one(clerk: Client, story: Story) -> None:
    for name in ("Big Spenders!", "Big spenders", "많이 사는 손님"):
        Writer(clerk).type(name=name).press("save")

    Segment.objects.filter(slug="segment").update(archived_at=NOW)
    Writer(clerk).type(name="또 다른 손님").press("save")

    assert set(Segment.objects.values_list("slug", flat=True)) == {
        "segment-2",
        "big-spenders",
        "big-spenders-2",
        "segment",
    }


@pytest.mark.parametrize(
    ("typed", "name", "words"),
    [
        ({"_2__n": "many"}, "2.n", "자연수를 적어 주세요."),
        ({"_2__n": ""}, "2.n", "채워 주세요."),
        ({"_2__event": ""}, "2.event", "채워 주세요."),
        ({"_2__window": "last", "_2__last": "99999"}, "2.window", "3660"),
        ({"_2__window": "between", "_2__from": "", "_2__to": ""}, "2.from", "채워 주세요."),
        ({"_2__window": "between", "_2__from": "soon", "_2__to": ""}, "2.window", "조건 1"),
    ],
)
def test_save__something_is_wrong__is_told_at_its_part_and_nothing_typed_is_lost(
    clerk: Client, story: Story, typed: dict[str, str], name: str, words: str
) -> None:
    writer = Writer(clerk).type(name="이름", **typed).press("save")

    assert writer.answer.status_code == 422
    (error,) = re.findall('<div id="2-e" role="alert"><p class="error">(.*?)</p>', writer.page)
    assert words in error
    assert writer.fields["name"] == ["이름"]
    for field, text in typed.items():
        own = field.removeprefix("_").replace("__", ".")
        if own in writer.fields:
            assert writer.fields[own] == [text]
    assert not Segment.objects.exists()


def test_draw__not_filled_in_yet__blames_nobody(clerk: Client, story: Story) -> None:
    writer = Writer(clerk).press("add:1:trait")

    assert 'class="error"' not in writer.page
    assert "아직 채울 곳이 있어요. 조건 2" in re.sub(r"\s+", " ", writer.page)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": ""}, "이름이 있어야 해요"),
        ({"name": "N" * 90}, "이름이 있어야 해요"),
        ({"slug": "Not a slug"}, "짧은 이름은"),
        ({"slug": "new"}, "짧은 이름은"),
        ({"slug": "taken"}, "이미 있어요"),
    ],
)
def test_save__refused__says_so_and_keeps_all(
    clerk: Client, story: Story, fields: dict[str, str], words: str
) -> None:
    create_segment(SegmentDraft("taken", "Taken", "", BOUGHT), actor=MARKETER, at=NOW)

    writer = Writer(clerk).type(**{"name": "이름", "_2__n": "7"} | fields).press("save")

    assert writer.answer.status_code == 422
    assert words in writer.page
    assert writer.fields["2.n"] == ["7"]
    assert Segment.objects.count() == 1


def test_save__somebody_saved_meanwhile__shows_both_and_can_be_laid_over(clerk: Client, story: Story) -> None:
    create_segment(SegmentDraft("mine", "Mine", "", BOUGHT), actor=MARKETER, at=NOW)
    writer = Writer(clerk, "/segments/mine/edit")
    (number,) = [part.split(":")[0] for part in writer.parts if part.endswith(":did")]
    theirs = {**BOUGHT, "times": {"op": "at_least", "n": 9}}
    change_segment("mine", SegmentChange("Theirs", "", theirs), expected=1, actor=MARKETER, at=NOW)

    writer.fields[f"{number}.n"] = ["3"]
    writer.press("save")

    assert writer.answer.status_code == 422
    assert "그사이 저장된 것과 이렇게 달라요" in writer.page
    assert re.search("<del>.*?Theirs</del>.*?<ins>.*?Mine</ins>", writer.page)
    assert "9번 이상" in writer.page
    assert "3번 이상" in writer.page
    writer.press("overwrite:2")
    assert saved("mine")["times"] == {"op": "at_least", "n": 3}
    assert find_segment("mine").version == 3


def test_save__somebody_renamed_it_meanwhile__is_not_written_over_unseen(clerk: Client, story: Story) -> None:
    create_segment(SegmentDraft("mine", "Mine", "", BOUGHT), actor=MARKETER, at=NOW)
    writer = Writer(clerk, "/segments/mine/edit").type(name="Mine again")
    change_segment("mine", SegmentChange("Theirs"), expected=1, actor=MARKETER, at=NOW)

    writer.press("save")

    assert writer.answer.status_code == 422
    assert re.search("<del>.*?Theirs</del>.*?<ins>.*?Mine again</ins>", writer.page)
    assert find_segment("mine").name == "Theirs"
    writer.press("overwrite:2")
    assert find_segment("mine").name == "Mine again"


def test_json__pasted__becomes_the_form_and_a_broken_one_keeps_it(clerk: Client, story: Story) -> None:
    writer = Writer(clerk).type(json='{"type": "any", "of": [{"type": "trait", "trait": "no.such"')
    writer.press("json")
    assert writer.answer.status_code == 422
    assert writer.parts == ["1::group", "2:1:did"]

    writer.type(json=msgspec.json.encode(IS_MEMBER).decode()).press("json")

    assert [part.split(":")[2] for part in writer.parts] == ["group", "trait"]


def test_builder__app_has_sent_events__offers_them_by_their_names(clerk: Client, story: Story) -> None:
    take_in_messages(
        [Message("track", "m-1", "장바구니 담기", [("anonymous", "a-1")], properties={"plan": "gold"}),
         Message("track", "m-2", "order.placed", [("anonymous", "a-1")])],
        sender=Sender("sdk:web", "web", MARKETER), received_at=NOW,
    )  # fmt: skip

    writer = Writer(clerk)
    offered = re.findall('<option value="(.*?)"', writer.page)
    assert "장바구니 담기" in offered
    assert "behavior.viewed" in offered
    assert not {"segment.entered", "behavior.tracked", "order.claimed", "traits.told"} & set(offered)

    writer.type(_2__event="장바구니 담기", name="담은 사람", slug="carts").press("save")

    assert writer.answer.status_code == 302
    assert saved("carts")["of"][0]["event"] == "장바구니 담기"


def test_preview__some_fit__says_how_many_names_them_and_why(clerk: Client, story: Story) -> None:
    writer = Writer(clerk).type(_2__window="ever")

    writer.press("preview", **{"HX-Request": "true", "HX-Target": "preview"})

    assert writer.page.startswith('<div class="stack stick" id="preview"')
    assert re.search(r'seg-count">\d+명<', writer.page)
    samples = re.findall(r'value="why:([^"]+)"', writer.page)
    assert 1 <= len(samples) <= 10
    writer.press(f"why:{samples[0]}", **{"HX-Request": "true", "HX-Target": "preview"})
    assert "맞아요: 지금까지 구매가 있었어요" in writer.page
    assert '<a class="link" href="/orders/till/' in writer.page


def test_redraw__in_the_background__answers_the_form_and_the_preview(clerk: Client, story: Story) -> None:
    writer = Writer(clerk).press("add:1:member", **{"HX-Request": "true", "HX-Target": "drawn"})

    assert writer.page.startswith('<div class="card-b" id="drawn">')
    assert 'id="preview" hx-swap-oob="true"' in writer.page
    assert re.search(r'id="3\.segment"[^>]* autofocus', writer.page)


@pytest.mark.parametrize("name", ["recent", "regulars", "lapsed", "nothing"])
def test_suggestions__each__opens_filled_in(clerk: Client, story: Story, name: str) -> None:
    writer = Writer(clerk, f"/segments/new?try={name}")

    assert writer.answer.status_code == 200
    if name != "nothing":
        assert writer.press("save").answer["Location"] == f"/segments/{name}"


@pytest.mark.parametrize(
    "sent",
    [
        {"part": ["x", "1::group", "1::group", "2:9:did", "3:1:test", "99999:1:did", "4:1:nothing"]},
        {"part": [f"{number}:{number - 1 or ''}:group" for number in range(1, 300)]},
        {"part": ["1::did"]},
        {"part": ["1::group", "2:1:trait"], "2.trait": ["no.such"], "2.op": ["no_op"], "2.value": ["\0"]},
        {"part": ["1::group", "2:1:did"], "2.event": ["\0"], "2.n": ["9" * 400], "2.times": ["often"]},
        {"part": ["1::group", "2:1:aggregate"], "2.measure": ["x"], "2.value": ["1e999"]},
        {"part": ["1::group", "2:1:member"], "2.segment": ["\0"], "2.is": ["out"]},
        {"part": ["1::group", "2:1:sequence"]},
        {"do": ["why:x"]},
        {"do": ["drop:1"]},
        {"do": ["add:1:test"]},
        {"do": ["up:٣"]},
        {"do": ["overwrite:x"], "name": ["\0"], "slug": ["\0"]},
        {"do": ["json"], "json": ["["*50_000]},
    ],
    ids=range(14),
)  # fmt: skip
def test_builder__made_up_form__is_answered_and_saves_nothing(
    clerk: Client, story: Story, sent: dict[str, list[str]]
) -> None:
    answer = clerk.post("/segments/new", {"do": ["save"]} | sent)

    assert answer.status_code in (200, 422)
    assert not Segment.objects.exists()


def _tree() -> Part:
    def leaf(number: int) -> Part:
        return Part(number, "did")

    inner = Part(3, "group", {}, [leaf(4), leaf(5)])
    return Part(1, "group", {}, [leaf(2), inner, leaf(6)])


def _shape(part: Part) -> Any:
    return [_shape(one) if one.kind == "group" else one.number for one in part.parts]


@pytest.mark.parametrize(
    ("do", "shape"),
    [
        ("down:2", [[2, 4, 5], 6]),
        ("up:6", [2, [4, 5, 6]]),
        ("up:4", [2, 4, [5], 6]),
        ("down:5", [2, [4], 5, 6]),
        ("down:4", [2, [5, 4], 6]),
        ("up:3", [[4, 5], 2, 6]),
        ("up:2", [2, [4, 5], 6]),
        ("down:6", [2, [4, 5], 6]),
        ("drop:3", [2, 6]),
        ("drop:4", [2, [5], 6]),
        ("drop:1", [2, [4, 5], 6]),
        ("add:3:trait", [2, [4, 5, 7], 6]),
        ("add:3:group", [2, [4, 5, []], 6]),
        ("add:2:trait", [2, [4, 5], 6]),
    ],
)
def test_act__on_a_part__goes_where_it_should(do: str, shape: Any) -> None:
    root = _tree()

    act(root, do)

    assert _shape(root) == shape


def test_why__of_somebody_unknown__is_not_found(clerk: Client, story: Story) -> None:
    nobody = show_id(bytes(16))

    assert clerk.post(
        "/segments/new", {"do": f"why:{nobody}", "part": ["1::group", "2:1:did"]}
    ).status_code in (200, 404)
