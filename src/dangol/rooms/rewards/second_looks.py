"""New tiers may lift members as they begin: a walk past all of them, in steps."""

from datetime import datetime

from dangol.core.events.services import touch_customers
from dangol.core.storage.ids import Id
from dangol.core.storage.params import id_param, not_by_index
from dangol.core.storage.rows import read_rows, table
from dangol.core.storage.transactions import write_transaction
from dangol.rooms.rewards import store
from dangol.rooms.rewards.judging import Batch
from dangol.rooms.rewards.models import Membership, SecondLook
from dangol.rooms.rewards.programs import Running


def look_again(running: Running, *, as_of: datetime, limit: int) -> int:
    """Look at up to `limit` further members since a version of the tiers began; returns how many there were.

    Each step is a transaction of its own and begins where the last one ended. Who has been judged since the
    version began, or joins while the walk is on, was judged by it anyway.
    """
    with write_transaction():
        begun = SecondLook.objects.select_for_update().filter(program_id=running.id, begins_at__lte=as_of)
        for walk in begun.order_by("version"):
            if members := _further(running, walk, limit):
                _look_at(running, members, as_of)
                begun.filter(version=walk.version).update(last_id=members[-1])
                return len(members)
            begun.filter(version=walk.version).delete()
    return 0


def _further(running: Running, walk: SecondLook, limit: int) -> list[Id]:
    behind = " AND customer_id > %s" if walk.last_id is not None else ""
    rows = read_rows(
        Membership,
        ("customer_id",),
        f"SELECT customer_id FROM {table(Membership)}"  # noqa: S608 - our own table
        f" WHERE {not_by_index(Membership, 'program_id')} = %s{behind} ORDER BY customer_id LIMIT %s",
        [id_param(running.id), *([id_param(walk.last_id)] if walk.last_id else ()), limit],
    )
    return [customer_id for (customer_id,) in rows]


def _look_at(running: Running, members: list[Id], as_of: datetime) -> None:
    touch_customers(members)
    known = store.load_known(running.id, members)
    # Who was erased meanwhile is no member any more.
    own = [one for one in members if not known[one].is_new and known[one].merged_into is None]
    Batch(running, recorded_at=as_of).advance(own, as_of=as_of)
