"""The calls about households, each made once."""

import pytest

from dangol_client import Dangol, Refused


def live_together(dangol: Dangol, member: str) -> None:
    """Let members join a household, spend of its points, have them back, and leave."""
    with pytest.raises(Refused, match=r"households\.closed"):
        dangol.households.create(member, "우리 집")
    answers = {"is_open": True, "rejoin_days": 0}
    assert dangol.households.write_settings(answers, version=0).version == 1
    assert dangol.households.settings().content["is_open"] is True

    child = dangol.members.create(external_id="tour-child")
    dangol.points.adjust(child.id, 40, "시작")
    home = dangol.households.create(member, "우리 집")
    assert [one.member_id for one in dangol.households.invite(home.id, child.id).invited] == [child.id]
    assert dangol.households.decline(child.id, home.id).invitations == []
    dangol.households.invite(home.id, child.id)
    joined = dangol.households.accept(child.id, home.id, shares=True)
    assert joined.household == dangol.households.get(home.id)

    before = dangol.households.of_member(child.id).pools[0].usable
    spent = dangol.households.spend(child.id, 30, "컵")
    assert sum(one.points for one in spent.given) == spent.points == 30
    assert list(dangol.households.spendings(home.id)) == [spent]
    assert dangol.households.give_back(spent.id, "돌려줌", 10).points == 10
    assert dangol.households.of_member(child.id).pools[0].usable == before - 20

    assert dangol.households.set_sharing(child.id, False).may_spend is False
    assert dangol.households.make_head(child.id).household is not None
    assert dangol.households.leave(child.id).household is None
