"""The calls about referrals, each made once."""

from dangol_client import Dangol, ReferralProgramDraft, ReferralPromiseDraft


def bring_friends(dangol: Dangol, member: str) -> None:
    """Make a program, and let friends come by a member's code: one as usual, one who is looked at."""
    points = ReferralPromiseDraft("points", 500)
    draft = ReferralProgramDraft("친구", points, points, earned_by="joining", wait_days=0)
    made = dangol.referrals.create(draft)
    made = dangol.referrals.change(made.id, draft._replace(cap_ever=5), revision=made.revision)
    assert [one.cap_ever for one in dangol.referrals.programs()] == [5]

    code = dangol.referrals.make_code(member).code
    assert code
    assert dangol.referrals.of_member(member).link.endswith(f"/r/{code}")  # type: ignore[union-attr]
    friend = dangol.members.create(external_id="friend-1").id
    other = dangol.members.create(external_id="friend-2").id
    referral = dangol.referrals.tell(friend, code, device="phone-1")
    assert (referral.state, [one.state for one in referral.gifts]) == ("given", ["given", "given"])
    suspicious = dangol.referrals.tell(other, code, typed_by="friend", device="phone-1")
    assert [one.id for one in dangol.referrals.list(state="review")] == [suspicious.id]
    assert dangol.referrals.decide(suspicious.id, approved=False, reason="같은 전화기").state == "refused"
    assert [one.state for one in dangol.referrals.friends(member, page_size=1)] == ["refused", "given"]
    assert dangol.referrals.get(referral.id).state == "given"
    assert [one.what for one in dangol.referrals.history(suspicious.id)] == ["told", "refused"]
    assert dangol.referrals.get_program(made.id).figures.joined == 2
    assert dangol.referrals.archive(made.id).archived_at
    assert dangol.referrals.restore(made.id).archived_at is None
