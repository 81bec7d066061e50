"""Drafts that no page would write, and forms no browser would send: a page is shown, and none fails."""

from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings, strategies as st

from dangol.domain.errors import DomainError
from dangol.rooms.rewards.promotions import editing
from dangol.rooms.rewards.promotions.contents import KINDS
from dangol.rooms.rewards.promotions.models import Promotion
from dangol.web.promotion_form.benefits import SPECS
from tests.sizes import SIZE
from tests.web.promotions import MEMBER, address
from tests.web.story import NOW, Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
GARBAGE = st.sampled_from(
    [
        None,
        True,
        -1,
        0,
        10**15,
        10**30,
        1.5,
        "",
        "x",
        "9e999999",
        "-0",
        "٣",
        [],
        {},
        ["kind"],
        {"kind": "percent"},
    ]
)
WORDS = st.sampled_from(
    ["", "x", "0", "-1", "9e999999", "nan", "sNaN", "1/0", "10", "0.5", "٣", "9" * 400, "2026-02-30",
     "0001-01-01", "9999-12-31", "25:00", "23:59", "units", "percent", "main", "\n\n", "1", "a\r\nb",
     '{"kind": "tiered"}', '{"kind": ["x"]}', '{"kind": "bundle", "parts": 1}']
) | st.text(max_size=8)  # fmt: skip
INSTANTS = st.sampled_from(
    ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59+00:00", "2026-11-22T10:00:00", "2026-11-30T00:00:00-14:00"]
)
NAMES = sorted({one.key for specs in SPECS.values() for one in specs} | {"steps", "parts", "buy", "moon"})
BENEFITS = st.fixed_dictionaries(
    {"kind": st.sampled_from(sorted(KINDS)) | GARBAGE}
) .flatmap(lambda one: st.dictionaries(st.sampled_from(NAMES), GARBAGE, max_size=4).map(lambda more: {**more, **one}))  # fmt: skip  # noqa: E501 - a line
CONTENTS = st.fixed_dictionaries(
    {"name": st.sampled_from(["", "x", "가" * 200])},
    optional={
        "benefits": st.lists(BENEFITS, max_size=4), "active_from": INSTANTS, "active_to": INSTANTS,
        "condition": st.sampled_from([MEMBER, {}, {"type": "all", "of": []}, {"type": "moon"}]),
        "currency": st.sampled_from(["", "USD", "KRW", "moon"]),
        "cap_minor": st.sampled_from([-1, 0, 10**18]),
        "priority": st.sampled_from([-(10**9), 10**9]), "lane": st.sampled_from(["", "moon", "main"]),
    },
)  # fmt: skip
SOME = settings(
    max_examples=max(15, SIZE.odd_requests // 4), deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip


@SOME
@given(content=CONTENTS)
def test_pages__of_any_draft_the_api_takes__are_shown(
    clerk: Client, story: Story, content: dict[str, Any]
) -> None:
    Promotion.objects.all().delete()
    try:
        made = editing.create_promotion(content, made_by="api", at=NOW)
    except DomainError:
        return

    for path in (
        "/promotions",
        "/promotions.csv",
        address(made),
        address(made, "/edit"),
        address(made, "/diff"),
    ):
        answer = clerk.get(path)
        assert answer.status_code == 200, path
        if answer.streaming:
            assert b"".join(answer.streaming_content)  # type: ignore[attr-defined] # a file streams
    assert clerk.post(address(made, "/publish"), {"revision": "1"}).status_code in (302, 409)


FIELDS = (
    "name", "first_day", "first_time", "last_day", "last_time", "min_money", "min_units", "cap", "budget",
    "uses", "customer_uses", "period_uses", "period", "units", "lane", "priority", "exclusive_group",
    "category", "discounted", "most_units", "include.products", "exclude.tags", "b1.json",
    "gain_kind", "revision",
    *(f"b1.{one}" for one in NAMES),
    *(f"b1.{n}.{one}" for n in (0, 9) for one in ("at_least", "kind", "value")),
    "b1.0.count", "b1.0.tags", "b1.buy.skus", "1.join", "2.trait", "2.value", "2.op",
)  # fmt: skip


@SOME
@given(
    sent=st.dictionaries(st.sampled_from(FIELDS), WORDS, max_size=12),
    kind=st.sampled_from([*SPECS, "foreign", "moon"]),
    do=st.sampled_from(
        [
            "save",
            "diff",
            "preview",
            "draw",
            "gain",
            "lose:1",
            "rise:1",
            "sink:٣",
            "add:1:trait",
            "overwrite:x",
            "moon",
        ]
    ),
)
def test_form__of_anything__is_drawn_refused_or_saved(
    clerk: Client, story: Story, sent: dict[str, str], kind: str, do: str
) -> None:
    form = {**sent, "do": do, "benefit": f"1:{kind}", "form": "01a21c82-6855-7367-b685-1a7862b8cead"}
    form["part"] = ["1::group", "2:1:trait"]  # type: ignore[assignment] # several

    assert clerk.post("/promotions/new", form).status_code in (200, 302, 422)
