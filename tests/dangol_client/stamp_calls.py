"""The calls about stamp cards, each made once."""

from dangol_client import Dangol, RewardDraft, StampProgramDraft


def collect_stamps(dangol: Dangol, member: str) -> None:
    """Make programs, and let a member fill a card, lose stamps and have them taken back."""
    cup = dangol.rewards.create(RewardDraft("도장 컵", price=10), stock=0)
    card = dangol.stamps.create("coffee", StampProgramDraft("커피", 3, "reward", target=cup.id))
    draft = StampProgramDraft("커피 카드", 3, "reward", target=cup.id)
    card = dangol.stamps.change(card.id, draft, revision=card.revision)
    assert [one.id for one in dangol.stamps.programs()] == [card.id]

    mistake = dangol.stamps.add(member, card.id, 2, "직접")
    assert dangol.stamps.undo(member, mistake.id, "다른 손님").off == 2
    assert dangol.stamps.add(member, card.id, 5, "직접").laid == 5
    assert dangol.stamps.take(member, card.id, 1, "잘못").off == 1
    assert [one.trouble for one in dangol.stamps.waiting(card.id)] == ["rewards.sold_out"]
    dangol.rewards.change_stock(cup.id, 1)
    assert [(one.stamps, one.waiting) for one in dangol.stamps.give(member, card.id)] == [(1, 0)]
    assert [one.stamps for one in dangol.stamps.standings(member)] == [1]
    assert [(one.state, one.stamps) for one in dangol.stamps.cards(member)] == [("open", 1), ("given", 3)]
    assert [one.kind for one in dangol.stamps.moves(member, page_size=2)] == [
        "strike", "hand", "undo", "hand",
    ]  # fmt: skip
    assert dangol.stamps.get(card.id).figures.given == 1
    assert dangol.stamps.archive(card.id).archived_at
    assert dangol.stamps.restore(card.id).archived_at is None
