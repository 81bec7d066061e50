"""A till with a member at it, as the tests of its pages use one."""

import html
import re
from typing import Any
from uuid import uuid4

from django.test import Client

from dangol.core.storage.ids import Id, show_id


def read(answer: Any) -> str:
    """Return a page's words, without its tags."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())))


def fields(amount: str = "100", **more: Any) -> dict[str, Any]:
    return {"amount": amount, "key": str(uuid4()), **more}


class Till:
    """A till with one member at it."""

    def __init__(self, client: Client, customer_id: Id) -> None:
        self.client, self.customer_id = client, customer_id
        self.page = f"/till/members/{show_id(customer_id)}"

    def preview(self, amount: str = "100", **more: Any) -> str:
        return read(
            self.client.post(f"{self.page}/preview", fields(amount, **more), headers={"HX-Request": "true"})
        )

    def sell(self, amount: str = "100", **more: Any) -> Any:
        return self.client.post(f"{self.page}/earn", fields(amount, **more))

    def sold(self, amount: str = "100", **more: Any) -> str:
        """Return the number of the order that was made."""
        answer = self.sell(amount, **more)
        assert answer.status_code == 302, read(answer)
        assert answer["Location"].startswith("/till/sales/"), answer["Location"]
        return str(answer["Location"]).rpartition("/")[2]

    def held(self, **more: Any) -> str:
        """Return the address of the sale that waits."""
        answer = self.sell(**more)
        assert answer["Location"].startswith("/till/held/"), read(answer)
        return str(answer["Location"])
