"""A second person on the pages: what the shop asks one for, and what they decide."""

import re

from django.test import Client

from dangol.rooms.rewards.promotions.checkout import unpack_checkout, write_checkout
from tests.web.story import NOW


def limits(**content: object) -> None:
    """Let the shop ask for a second person above these limits."""
    write_checkout(unpack_checkout(content), changed_by="owner", at=NOW)


def decide(client: Client, choice: str, reason: str = "", *, is_done: bool = True) -> str:
    """Decide the first request that waits; return the page it leads to, or that says why it is not done."""
    found = re.search(r'action="(/approvals/[^"]+)"', client.get("/approvals").content.decode())
    assert found
    answer = client.post(found[1], {"choice": choice, "reason": reason}, follow=True)
    assert bool(answer.redirect_chain) == is_done
    return answer.content.decode()
