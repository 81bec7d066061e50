"""What was imported and undone before: its numbers and keys stay taken; importing it again does nothing."""

from collections.abc import Collection, Sequence

from dangol.core.commerce.models import ReturnNumber
from dangol.core.commerce.services import find_numbers
from dangol.core.ledger.models import Lot, Transfer
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import select_matching

SOURCE = "undo"


def name_of(number: str) -> str:
    """Return the number of the return by which the order of this number is undone."""
    return f"{SOURCE}:{number}"


def key_of(thing: Id) -> str:
    """Return the key of what undoes a lot or a consent."""
    return f"{SOURCE}:{thing.hex()}"


def undone_orders(source: str, numbers: Collection[str]) -> set[str]:
    """Return the numbers whose orders of this source were undone."""
    names = {name_of(number): number for number in numbers}
    found = find_numbers(ReturnNumber, "return_id", [(source, name) for name in sorted(names)])
    return {names[name] for _, name in found}


def undone_lots(keys: Sequence[tuple[Id, str]]) -> set[tuple[Id, str]]:
    """Return the pairs of customer and key whose lots were undone."""
    by_key = ("customer_id", "key")
    made = {
        (owner, transfer_id): key
        for owner, transfer_id, key in select_matching(Transfer, ("customer_id", "id", "key"), by_key, keys)
    }
    place = ("customer_id", "transfer_id")
    back = {
        (owner, key_of(lot)): made[owner, transfer_id]
        for owner, transfer_id, lot in select_matching(Lot, (*place, "id"), place, sorted(made))
    }
    found = select_matching(Transfer, by_key, by_key, sorted(back))
    return {(owner, back[owner, key]) for owner, key in found}
