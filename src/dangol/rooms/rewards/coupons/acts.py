"""What somebody did with codes, written down as it is done."""

from datetime import datetime

from dangol.core.people.actors import Actor, columns_of
from dangol.core.storage.ids import Id, new_id
from dangol.rooms.rewards.coupons.models import Act, CouponAct


def note(
    batch_id: Id, act: Act, *, key: str = "", count: int | None = None, actor: Actor, at: datetime
) -> None:
    """Keep who did what with a code, or with a batch, in the transaction in which it is done."""
    CouponAct.objects.create(
        id=new_id(), batch_id=batch_id, key=key, act=act.value, count=count, at=at, **columns_of(actor)
    )
