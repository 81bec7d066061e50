"""The calls about kinds of points, each made once."""

from dangol_client import Dangol, LevelDraft, RuleDraft


def keep_wallets(dangol: Dangol, member: str) -> None:
    """Make a second program, and give, spend and send points of its kind."""
    made = dangol.programs.create(
        "커뮤니티", "community", "커뮤니티 포인트", rules=[RuleDraft("모든 구매", 1, 1_000)],
        terms={"expiry": "rolling_days", "expiry_count": 30},
        tiers={"levels": [LevelDraft("all", "모두", 0)], "measure": "orders", "window": "rolling",
               "window_size": 30},
    )  # fmt: skip
    assert [one.currency for one in dangol.wallets.each()] == ["points", "community"]
    assert dangol.wallets.rename("community", "커뮤니티").program_id == made.id

    friend = dangol.members.create(external_id="tour-wallets")
    dangol.points.adjust(member, 100, "글을 썼어요", currency="community")
    dangol.points.spend(member, 30, "배지", currency="community")
    dangol.points.gift(member, friend.id, 20, currency="community")
    assert dangol.points.get(member, currency="community").available == 50
    kinds = [one.kind for one in dangol.points.history(member, currency="community")]
    assert kinds == ["gift_out", "spend", "adjust"]
    held = {one.currency: one.available for one in dangol.wallets.of_member(member)}
    assert held["community"] == 50
