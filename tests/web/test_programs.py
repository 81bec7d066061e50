"""The program's pages: read in words, drafted in a form, compared, tried, published, taken back."""

import re
from datetime import timedelta
from html import unescape

import msgspec
import pytest
from django.test import Client

from dangol import __version__
from dangol.core.storage.ids import random_id, show_id
from dangol.core.tasks.runner import Runner
from dangol.rooms.rewards import models
from dangol.rooms.rewards.drafts import find_draft, start_draft
from dangol.rooms.rewards.programs import RuleDraft, find_program, supersede_rule
from dangol.rooms.rewards.publishing import list_versions
from dangol.rooms.rewards.simulations import list_simulations
from tests.web.programs import tell_program
from tests.web.story import NOW, Story, open_shop

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
Fields = dict[str, str | list[str]]


def fields_of(page: str) -> Fields:
    """Return what the draft's form would send: its inputs and choices by name."""
    form = page[page.index("hx-vals") : page.index('id="preview"')]
    found: Fields = {"rule": re.findall(r'name="rule" value="([^"]+)"', form)}
    for name, value in re.findall(r'<input class="input"[^>]* name="([^"]+)" value="([^"]*)"', form):
        found[name] = unescape(value)
    for name, options in re.findall(r'<select class="input"[^>]* name="([^"]+)"[^>]*>(.*?)</select>', form):
        found[name] = re.findall(r'value="([^"]*)" selected', options)[0]
    found["revision"] = re.findall(r'name="revision" value="(\d+)"', form)[0]
    return found


def begin(clerk: Client) -> Fields:
    """Begin a draft; returns its form's fields."""
    assert clerk.post("/programs/draft/start")["Location"] == "/programs/draft"
    return fields_of(clerk.get("/programs/draft").content.decode())


def named(fields: Fields, tail: str, place: int = 0) -> str:
    """Return the name of a field that ends so."""
    return [name for name in fields if name.endswith(tail)][place]


def test_programs__in_words__rules_terms_and_ladder(clerk: Client, story: Story) -> None:
    page = clerk.get("/programs").content.decode()

    for words in (
        "운영 중 1판", "기본 적립", "모든 상품", "$1마다 1P", "골드 1.5배", "우유 더 적립",
        "‘GROCERY &gt; DAIRY’ 분류의 상품", "$1마다 3P", "적립하고 7일 뒤부터 쓸 수 있어요.",
        "60일이 지나면 사라져요.", "$600.00 이상", "최근 365일 동안 구매 금액을 세요.", "초안 시작하기",
    ):  # fmt: skip
        assert words in page or unescape(words) in unescape(page), words


def test_programs__none_yet__says_how_to_begin(clerk: Client) -> None:
    open_shop()

    assert "아직 멤버십이 없어요" in clerk.get("/programs").content.decode()
    assert clerk.get("/programs/draft").status_code == 404


def test_draft__saved_as_it_stands__changes_nothing(clerk: Client, story: Story) -> None:
    rule = models.EarningRule.objects.get(name="우유 더 적립")
    models.EarningRule.objects.filter(id=rule.id).update(multipliers={"gold": [6, 4], "silver": [7, 3]})
    fields = begin(clerk)

    answer = clerk.post("/programs/draft", fields | {"do": "save"})

    assert answer.status_code == 302
    draft = find_draft(story.program_id, at=NOW)
    assert draft.revision == 2
    assert draft.content == draft.published
    assert "운영 중인 규칙과 같아요" in clerk.get("/programs/draft/diff").content.decode()


def test_draft__written_compared_and_published__holds_and_can_be_taken_back(
    clerk: Client, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    fields = begin(clerk)
    fields[named(fields, ".rate_points")] = "2"
    fields[named(fields, "silver.threshold")] = "250.50"
    fields[named(fields, "multipliers.silver")] = "1.25"

    saved = clerk.post("/programs/draft", fields | {"do": "diff"})
    diff = clerk.get("/programs/draft/diff").content.decode()
    made = clerk.post("/programs/draft/publish", {"revision": "2", "when": "now"})

    assert saved["Location"] == "/programs/draft/diff"
    for words in ("3가지가 바뀌어요", "$1마다 1P", "$1마다 2P", "1.25배", "$200.00", "$250.50"):
        assert words in diff
    assert made["Location"] == "/programs/versions/2"
    program = find_program(story.program_id)
    assert program.rules.tiers.levels[1].threshold == 25_050
    version = clerk.get("/programs/versions/2").content.decode()
    assert "owner" in version
    assert f"모두 정상이에요 · {__version__}" in re.sub(r"<[^>]+>", "", version)
    assert "$1마다 2P" in version
    assert "운영 중 2판" in clerk.get("/programs").content.decode()

    monkeypatch.setattr("dangol.web.frame.now", lambda: NOW + timedelta(minutes=1))
    undone = clerk.post("/programs/versions/2/undo")

    assert undone["Location"] == "/programs/versions/3"
    again = list_versions(story.program_id)[0]
    assert (again.undoes, again.after.tiers.levels[1].threshold) == (2, 20_000)
    refused = clerk.post("/programs/versions/2/undo")
    assert refused.status_code == 409
    assert "마지막 판(3)만 되돌릴 수 있어요" in refused.content.decode()


def test_draft__rule_added_and_another_taken_out__in_the_draft(clerk: Client, story: Story) -> None:
    fields = begin(clerk)
    typed = fields | {named(fields, ".name"): "이름 바꿈"}

    clerk.post("/programs/draft", typed | {"do": "add"})
    fields = fields_of(clerk.get("/programs/draft").content.decode())
    clerk.post("/programs/draft", fields | {"do": f"drop:{fields['rule'][1]}"})

    rules = find_draft(story.program_id, at=NOW).content.rules
    assert [rule.name for rule in rules] == ["이름 바꿈", "새 규칙 1"]


@pytest.mark.parametrize(
    ("tail", "typed", "words"),
    [
        (".rate_points", "many", "숫자로 적어 주세요"),
        (".rate_points", "-1", "숫자로 적어 주세요"),
        (".rate_points", "9" * 40, "숫자로 적어 주세요"),
        (".rate_minor", "1.234", "금액으로 적어 주세요"),
        (".rate_minor", "1e9", "금액으로 적어 주세요"),
        (".multipliers.gold", "1/0", "1.5나 7/3처럼"),
        (".multipliers.gold", "nan", "1.5나 7/3처럼"),
        (".ends_at", "2026-13-99", "날짜를 골라 주세요"),
        (".ends_at", "9999-12-31", "날짜를 골라 주세요"),
        (".rate_points", "²", "숫자로 적어 주세요"),
        (".rounding", "sideways", "목록에서 골라 주세요"),
        ("terms.expiry", "soon", "목록에서 골라 주세요"),
    ],
)
def test_draft__typed_what_cannot_be_read__beside_its_field_and_nothing_kept(
    clerk: Client, story: Story, tail: str, typed: str, words: str
) -> None:
    fields = begin(clerk)
    name = named(fields, tail)

    answer = clerk.post("/programs/draft", fields | {name: typed, "do": "save"})

    page = unescape(answer.content.decode())
    assert answer.status_code == 422
    assert f'href="#{name}"' in page, "the summary leads to the field"
    assert re.search(
        rf'id="{re.escape(name)}"[^>]*aria-invalid="true" aria-describedby="{re.escape(name)}.error"', page
    )
    assert words in page
    assert find_draft(story.program_id, at=NOW).revision == 1


@pytest.mark.parametrize(
    ("tail", "typed", "words"),
    [
        (".name", " ", "이름을 적어 주세요"),
        (".name", "우유 더 적립", "다른 규칙과 이름이 같아요"),
        (".rate_points", "0", "0보다 커야 해요"),
        (".ends_at", "2026-11-21", "이미 지난 날이에요"),
        ("silver.threshold", "600", "위로 갈수록 기준이 커져야 해요"),
        ("terms.expiry_count", "0", "1 이상으로 적어 주세요"),
        ("tiers.window_size", "0", "1 이상으로 적어 주세요"),
    ],
)
def test_draft__kept_but_makes_no_sense__said_at_its_field_and_not_published(
    clerk: Client, story: Story, tail: str, typed: str, words: str
) -> None:
    fields = begin(clerk)

    answer = clerk.post("/programs/draft", fields | {named(fields, tail): typed, "do": "diff"})

    assert answer["Location"] == "/programs/draft"
    assert words in clerk.get("/programs/draft").content.decode()
    assert "아직 발행할 수 없어요" in clerk.get("/programs/draft/diff").content.decode()
    refused = clerk.post("/programs/draft/publish", {"revision": "2", "when": "now"})
    assert refused.status_code == 409
    assert list_versions(story.program_id) == []


def test_draft__preview__tells_without_keeping(clerk: Client, story: Story) -> None:
    fields = begin(clerk)

    typed = {named(fields, ".rate_points"): "7", named(fields, ".category"): "TYPO", "do": "preview"}
    answer = clerk.post("/programs/draft", fields | typed, headers={"hx-request": "true"})

    part = answer.content.decode()
    assert "<html" not in part
    assert "$1마다 7P" in part
    assert "‘TYPO’ 분류의 상품은 아직 없어요" in part
    assert find_draft(story.program_id, at=NOW).revision == 1


@pytest.mark.parametrize("revision", ["", "²", "-1", "9" * 30, "1\0"])
def test_draft__revision_that_is_none__refused(clerk: Client, story: Story, revision: str) -> None:
    fields = begin(clerk) | {"revision": revision}
    name = named(fields, ".name")

    assert clerk.post("/programs/draft", fields | {name: "a\0b", "do": "save"}).status_code == 409
    assert clerk.post("/programs/draft/publish", {"revision": revision, "when": "now"}).status_code == 409
    assert (
        clerk.post("/programs/draft", fields | {"revision": "1", name: "a\0b", "do": "save"}).status_code
        == 302
    )
    assert find_draft(story.program_id, at=NOW).content.rules[0].name == "ab"


def test_draft__changed_by_another_meanwhile__refused_and_typing_kept(clerk: Client, story: Story) -> None:
    fields = begin(clerk)
    clerk.post("/programs/draft", fields | {"do": "save"})

    answer = clerk.post("/programs/draft", fields | {named(fields, ".name"): "늦은 이름", "do": "save"})

    assert answer.status_code == 409
    page = answer.content.decode()
    assert "owner 님이 초안을 고쳤어요" in page
    assert "늦은 이름" in page


def test_publish__later_in_the_program_s_zone__scheduled_and_shown(clerk: Client, story: Story) -> None:
    fields = begin(clerk)
    clerk.post("/programs/draft", fields | {named(fields, ".rate_points"): "2", "do": "save"})

    made = clerk.post(
        "/programs/draft/publish", {"revision": "2", "when": "later", "later": "2026-12-01T00:00"}
    )

    assert made["Location"] == "/programs/versions/2"
    (version,) = list_versions(story.program_id)
    assert version.active_from.isoformat() == "2026-12-01T05:00:00+00:00"  # midnight in New York
    page = clerk.get("/programs").content.decode()
    assert "운영 중 1판" in page
    assert "2판이 시작돼요" in page
    assert "$1마다 1P" in page
    assert "$1마다 2P" not in page


@pytest.mark.parametrize(
    ("later", "words"),
    [
        ("2026-11-01T00:00", "지난 때부터 바꿀 수는 없어요"),
        ("", "날짜를 골라 주세요"),
        ("0001-01-01T00:00", "날짜를 골라 주세요"),
        ("2026-12-01T00:00+09:00", "날짜를 골라 주세요"),
    ],
)
def test_publish__from_when_it_cannot__said_at_the_field(
    clerk: Client, story: Story, later: str, words: str
) -> None:
    fields = begin(clerk)
    clerk.post("/programs/draft", fields | {named(fields, ".rate_points"): "2", "do": "save"})

    answer = clerk.post("/programs/draft/publish", {"revision": "2", "when": "later", "later": later})

    assert answer.status_code in (409, 422)
    assert words in answer.content.decode() or answer.status_code == 422
    assert list_versions(story.program_id) == []


def test_draft__program_moved_meanwhile__says_so_and_is_not_published(clerk: Client, story: Story) -> None:
    fields = begin(clerk)
    clerk.post("/programs/draft", fields | {named(fields, ".rate_points"): "2", "do": "save"})
    rule = models.EarningRule.objects.get(name="기본 적립")
    supersede_rule(rule.id, RuleDraft("기본 적립", 9, 100), at=NOW, recorded_at=NOW)

    for path in ("/programs/draft", "/programs/draft/diff"):
        assert "운영 중인 규칙이 바뀌었어요" in clerk.get(path).content.decode()
    assert clerk.post("/programs/draft/publish", {"revision": "2", "when": "now"}).status_code == 409
    assert clerk.post("/programs/draft/discard")["Location"] == "/programs"
    assert clerk.post("/programs/draft/discard").status_code == 409
    assert clerk.get("/programs/draft")["Location"] == "/programs"
    assert clerk.get("/programs/draft/diff").status_code == 404


def test_simulation__asked_on_the_page__progress_then_figures(clerk: Client, story: Story) -> None:
    fields = begin(clerk)
    clerk.post("/programs/draft", fields | {named(fields, ".rate_points"): "2", "do": "save"})

    asked = clerk.post("/programs/simulations", {"of": "draft", "days": "90", "worth": "0.50"})
    waiting = clerk.get(asked["Location"]).content.decode()
    while Runner(clock=lambda: NOW).run_due():
        pass
    done = clerk.get(asked["Location"]).content.decode()
    part = clerk.get(asked["Location"], headers={"hx-request": "true"}).content.decode()

    assert "every 1s" in waiting
    assert "멈추기" in waiting
    assert "every 1s" not in done
    assert "<html" not in part
    (view,) = list_simulations(story.program_id)
    assert view.result is not None
    assert view.result.unlike_ledger == 0
    assert view.result.points_after > view.result.points_before > 0
    assert f"구매 {view.result.orders}건이 원장과 모두 같아요" in done
    assert f"{view.result.points_before:,}P" in done
    assert "100포인트를 $0.50로 셈했어요" in done
    assert f"/members/{view.result.examples[0].customer}" in done


def test_simulation__canceled_unknown_or_odd__answered(clerk: Client, story: Story) -> None:
    asked = clerk.post("/programs/simulations", {"of": "published", "days": "9999", "worth": "x"})
    path = asked["Location"]

    assert clerk.post(f"{path}/cancel")["Location"] == path
    assert clerk.post(f"{path}/cancel")["Location"] == path
    assert "멈춘 시뮬레이션은 결과가 없어요" in clerk.get(path).content.decode()
    (view,) = list_simulations(story.program_id)
    assert view.until - view.since < timedelta(days=91)
    assert view.worth is None
    for unknown in (f"/programs/simulations/{show_id(random_id())}", f"/programs/versions/{9**40}"):
        assert clerk.get(unknown).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/programs/draft/start", "/programs/draft/discard", "/programs/draft/publish",
        "/programs/simulations", "/programs/versions/2/undo",
    ],
)  # fmt: skip
def test_program_pages__what_changes_something__only_by_post(clerk: Client, story: Story, path: str) -> None:
    tell_program(story)

    assert clerk.get(path).status_code == 405


def test_draft__names_like_markup__are_text(clerk: Client, story: Story) -> None:
    draft = start_draft(story.program_id, begun_by="owner", at=NOW)
    fields = fields_of(clerk.get("/programs/draft").content.decode())
    name = '"><script>alert(1)</script>'
    clerk.post("/programs/draft", fields | {named(fields, ".name"): name, "do": "save"})

    for path in ("/programs/draft", "/programs/draft/diff"):
        assert "<script>alert" not in clerk.get(path).content.decode()
    kept = find_draft(story.program_id, at=NOW).content
    assert kept == msgspec.structs.replace(
        draft.content,
        rules=(msgspec.structs.replace(draft.content.rules[0], name=name), *draft.content.rules[1:]),
    )


def test_draft__two_things_counted__said_in_words_published_and_told_on_the_ladder(
    clerk: Client, story: Story
) -> None:
    fields = begin(clerk)
    fields |= {"tiers.also": "orders", "tiers.join": "any"}
    fields[named(fields, "silver.also_threshold")] = "3"
    fields[named(fields, "gold.also_threshold")] = "8"

    saved = clerk.post("/programs/draft", fields | {"do": "diff"})
    diff = unescape(clerk.get("/programs/draft/diff").content.decode())
    made = clerk.post("/programs/draft/publish", {"revision": "2", "when": "now"})

    assert (saved["Location"], made["Location"]) == ("/programs/draft/diff", "/programs/versions/2")
    for words in ("구매 금액 또는 구매 횟수", "3번", "8번", "그 뒤 처음 살 때 올라가요"):
        assert words in diff, words
    tiers = find_program(story.program_id).rules.tiers
    assert (tiers.also, tiers.join, [one.also_threshold for one in tiers.levels]) == (
        "orders",
        "any",
        [0, 3, 8],
    )
    ladder = unescape(clerk.get("/programs").content.decode())
    assert "$200.00 이상 또는 3번 이상" in ladder
    assert "최근 365일 동안 구매 금액 또는 구매 횟수를 세요." in ladder


def test_draft__what_counts_changed__thresholds_are_read_and_told_in_its_unit(
    clerk: Client, story: Story
) -> None:
    fields = begin(clerk)
    fields["tiers.measure"] = "visits"
    fields[named(fields, "silver.threshold")] = "5"
    fields[named(fields, "gold.threshold")] = "20"

    clerk.post("/programs/draft", fields | {"do": "diff"})

    diff = clerk.get("/programs/draft/diff").content.decode()
    changes = [
        tuple(re.sub(r"<span.*?</span>", "", part) for part in change)
        for change in re.findall(r"<del>(.*?)</del>.*?<ins>(.*?)</ins>", diff)
    ]
    assert changes == [("구매 금액", "방문 횟수"), ("$200.00", "방문 5번"), ("$600.00", "방문 20번")]
    clerk.post("/programs/draft/publish", {"revision": "2", "when": "now"})
    assert find_program(story.program_id).rules.tiers.measure == "visits"
