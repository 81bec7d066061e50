"""The calls about coupons, each made once."""

from dangol_client import Dangol

PROMOTION = "01890a5d-ac96-774b-bcce-b302099a8057"


def keep_coupons(dangol: Dangol, member: str) -> None:
    """Make codes, give one to a member, block and open again."""
    made = dangol.coupons.create(PROMOTION, "봄", "unique", pattern="SPRING-####-####-####", count=2)
    assert next(dangol.coupons.each(promotion=PROMOTION)) == made
    first, second = dangol.coupons.codes(made.id)
    assert dangol.coupons.bind(first.coupon.lower(), member).member_id == member
    assert dangol.coupons.block(second.coupon).is_blocked
    assert dangol.coupons.batch(made.id).figures.free == 0
    assert dangol.coupons.unblock(second.coupon) == dangol.coupons.get(second.coupon) == second
    assert dangol.coupons.block_batch(made.id).is_blocked
    assert not dangol.coupons.unblock_batch(made.id).is_blocked
    pool = dangol.coupons.create(PROMOTION, "제휴", "imported")
    done = dangol.coupons.add(pool.id, "code\nPARTNER-1\nPARTNER-1\n")
    assert (done.added, [one.problem for one in done.problems]) == (1, ["twice"])
