"""Processes that pay with the same money, give it back, and are killed on the way: released together."""

import os
import signal
from datetime import timedelta
from multiprocessing.synchronize import Barrier
from pathlib import Path

import django
from django.apps import apps
from django.db import connection

if not apps.ready:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()

from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.errors import DomainError
from dangol.rooms.rewards.promotions.committing import commit
from dangol.rooms.rewards.promotions.returning import bring_back
from dangol.rooms.rewards.promotions.sales import cancel, reserve
from dangol.rooms.rewards.promotions.tendering import StoredValueNotTaken
from dangol.rooms.rewards.stored_value import refunds
from dangol.rooms.rewards.stored_value.codes import CardRef
from tests.rooms.rewards.promotions.shop import AT, asked, cart
from tests.rooms.rewards.stored_value.shop import BY

WAIT = 600


def pay_each(told: Path, gate: Barrier, refs: list[CardRef], buyers: list[Id], times: int) -> None:
    """In each round pay six tenths of the card's money, all processes at once; note each that could."""
    connection.ensure_connection()
    with told.open("ab", buffering=0) as log:
        for place, ref in enumerate(refs):
            gate.wait(WAIT)
            for _ in range(times):
                found = asked(cart(("coffee", 6_000, 1)), buyers[place], gift_cards=(ref,))
                try:
                    sale = reserve(found, at=AT)
                except StoredValueNotTaken:
                    continue
                log.write(f"{place}:{sale.stored_minor}\n".encode())


def spend_each(told: Path, gate: Barrier, members: list[Id], times: int) -> None:
    """In each round pay six tenths of the member's credit, all processes at once; note each that could."""
    connection.ensure_connection()
    with told.open("ab", buffering=0) as log:
        for place, member in enumerate(members):
            gate.wait(WAIT)
            for _ in range(times):
                try:
                    reserve(asked(cart(("coffee", 6_000, 1)), member, pay_credit=6_000), at=AT)
                except StoredValueNotTaken:
                    continue
                log.write(f"{place}\n".encode())


def settle_each(told: Path, gate: Barrier, sales: list[Id]) -> None:
    """Let each sale go, or make it an order and bring it back, from all processes at once."""
    connection.ensure_connection()
    with told.open("ab", buffering=0) as log:
        for place, sale in enumerate(sales):
            gate.wait(WAIT)
            if place % 2:
                cancel(sale, at=AT)
                continue
            commit(sale, source="shop", number=sale.hex(), at=AT)
            back = bring_back(sale, number=f"r{sale.hex()}", units={"coffee": 1}, at=AT)
            log.write(f"{back.stored_back_minor}\n".encode())


def cash_each(told: Path, gate: Barrier, card_ids: list[Id], writer: int) -> None:
    """Have each card paid out under a key of one's own, from all processes at once; note each that was."""
    connection.ensure_connection()
    with told.open("ab", buffering=0) as log:
        for place, card in enumerate(card_ids):
            gate.wait(WAIT)
            try:
                out = refunds.refund(card, as_credit=False, reason="환급", key=f"r{writer}", by=BY)
            except DomainError:
                continue
            log.write(f"{place}:{out.minor}\n".encode())


def mix_each(told: Path, gate: Barrier, refs: list[CardRef], member: Id, writer: int, times: int) -> None:
    """Pay with two cards in either order and with credit, and let it go or bring it back at once."""
    connection.ensure_connection()
    gate.wait(WAIT)
    for turn in range(times):
        own = tuple(refs if (writer + turn) % 2 else refs[::-1])
        buyer = member if writer % 3 else None
        credit = "most" if buyer and turn % 2 else 0
        found = asked(cart(("coffee", 6_000, 2)), buyer, gift_cards=own, pay_credit=credit)
        try:
            sale = reserve(found, at=AT, hold=timedelta(hours=1))
        except StoredValueNotTaken:
            continue
        if turn % 2:
            cancel(sale.id, at=AT)
        else:
            commit(sale.id, source="shop", number=sale.id.hex(), at=AT)
            bring_back(sale.id, number=f"r{sale.id.hex()}", units={"coffee": 2}, at=AT)


def die_paying(told: Path, gate: Barrier, ref: CardRef, buyer: Id, writer: int) -> None:
    """Pay and be killed: in the middle of the reservation, right after it, or in the middle of the commit."""
    connection.ensure_connection()
    gate.wait(WAIT)
    found = asked(cart(("coffee", 1_000, 1)), buyer, gift_cards=(ref,))
    if writer % 3 == 0:
        with write_transaction():
            reserve(found, at=AT)
            os.kill(os.getpid(), signal.SIGKILL)
    sale = reserve(found, at=AT)
    if writer % 3 == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    with write_transaction():
        commit(sale.id, source="shop", number=sale.id.hex(), at=AT)
        os.kill(os.getpid(), signal.SIGKILL)
