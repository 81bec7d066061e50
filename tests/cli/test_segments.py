"""`dangol segments verify`, as its user runs it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.instances import Instance, made_instance
from tests.ports import free_port

OPEN = """
from dangol.core.events.settling import settle_all
from dangol.core.people.actors import Actor, ActorKind
from dangol.core.people.selectors import shop
from dangol.core.people.services import resolve_customers
from dangol.core.segments.services import SegmentDraft, create_segment
from dangol.core.storage.transactions import write_transaction
from dangol.project.clock import now
with write_transaction():
    resolve_customers("external", ["a", "b"], recorded_at=now())
never = {"type": "did", "event": "order.placed", "times": {"op": "at_most", "n": 0}}
draft = SegmentDraft("strangers", "Strangers", "", never)
create_segment(draft, actor=Actor(ActorKind.SYSTEM, "t", "t"), at=now())
settle_all(clock=now, zone=shop().tz)
"""
BREAK = """
from dangol.core.segments.models import Member
Member.objects.order_by("customer_id").first().delete()
"""


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Instance]:
    with made_instance(tmp_path) as fresh:
        fresh.run_python(OPEN)
        yield fresh


def test_segments_verify__all_are_where_they_should_be__says_so_and_doctor_knows(instance: Instance) -> None:
    told = instance.run("segments", "verify", "--json")

    [engine] = told.data["engines"]
    assert (told.code, told.data["is_kept"], engine["engine"], engine["customers"]) == (0, True, "duckdb", 2)
    assert engine["segments"] == [
        {"segment": "strangers", "version": 1, "members": 2, "differing": 0, "moving": 0}
    ]
    findings = instance.run("doctor", "--json").data["findings"]
    assert any("세그먼트 확인: 마지막" in one["sentence"] for one in findings)


def test_segments_verify__somebody_is_missing__is_named_and_exits_with_1(instance: Instance) -> None:
    instance.run_python(BREAK)

    told, in_words = instance.run("segments", "verify", "--json"), instance.run("segments", "verify")

    [engine] = told.data["engines"]
    [difference] = engine["differences"]
    answers = (difference["is_member"], difference["compiled"], difference["evaluated"])
    assert (told.code, in_words.code, answers) == (1, 1, (False, True, True))
    assert difference["customer_id"] in in_words.out
    assert "strangers" in in_words.words


def test_segments_verify__cluster_is_gone__falls_back_with_a_word_unless_it_was_asked_for(
    instance: Instance,
) -> None:
    address = f"spark://127.0.0.1:{free_port()}"

    fallen = instance.run("segments", "verify", "--json", DANGOL_ENGINE=address)
    refused = instance.run("segments", "verify", "--engine", "duckdb", "--engine", address)
    unknown = instance.run("segments", "verify", "--engine", "postgres")

    assert (fallen.code, fallen.data["engines"][0]["engine"]) == (0, "duckdb")
    assert "클러스터가 답하지 않아서" in fallen.words
    assert refused.code != 0
    assert address in refused.words
    assert unknown.code == 2
