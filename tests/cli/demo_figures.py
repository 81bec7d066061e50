"""Print what an instance shows of its members, as JSON: run by test_demo inside the demo's own home.

Each household's figures come from the selectors its pages use; for a few of them, for the overview and for
the pages about all customers, the pages themselves are fetched and their text is printed too.
"""

import json
import os
import sys
from html.parser import HTMLParser
from importlib import import_module
from typing import Any

from dangol.cli.main import set_up


class Text(HTMLParser):
    """The words of a page, one space between them."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        """Take words that a reader sees."""
        self.words += data.split()


def page(client: Any, address: str) -> str:
    """Return the text of a page."""
    text = Text()
    response = client.get(address, headers={"host": "localhost"})
    assert response.status_code == 200, (address, response.status_code)
    text.feed(response.content.decode())
    return " ".join(text.words)


def main(shown: int) -> None:
    """Collect and print."""
    os.environ["DANGOL_MFA"] = "optional"  # as the demo itself opens
    set_up({"--lang": "en"})
    people = import_module("dangol.core.people.selectors")
    ids = import_module("dangol.core.storage.ids")
    models = import_module("dangol.rooms.rewards.models")
    accounts = import_module("dangol.core.ledger.models").Account
    client = import_module("django.test").Client()
    client.force_login(import_module("django.contrib.auth").get_user_model().objects.get())
    client.cookies["django_language"] = "en"
    members = {row.customer_id: row for row in models.Membership.objects.all()}
    balances: dict[bytes, dict[str, int]] = {}
    for row in accounts.objects.all():
        balances.setdefault(row.customer_id, {})[row.kind] = row.balance
    names = people.names_of(list(members), unmasked=True)
    figures, pages = {}, {}
    for customer_id, row in members.items():
        own = balances.get(customer_id, {})
        kinds = [own.get(kind, 0) for kind in ("available", "pending", "expired")]
        figures[names[customer_id].external_id] = [row.order_count, row.spend_minor, *kinds]
    for customer_id in sorted(members, key=lambda key: names[key].external_id)[:shown]:
        pages[names[customer_id].external_id] = page(client, f"/members/{ids.show_id(customer_id)}")
    rules: dict[str, int] = {}
    named = {rule.id: rule.category for rule in models.EarningRule.objects.all()}
    for rule_id, points in models.AccrualPart.objects.values_list("rule_id", "points"):
        rules[named[rule_id]] = rules.get(named[rule_id], 0) + points
    profiles = people.profiles_of(list(members), unmasked=True)
    told = {
        "insight": {name: page(client, f"/insight{name}") for name in ("", "/cohorts", "/value", "/models")},
        "described": sum(bool(profile.traits) for profile in profiles.values()),
        "members": figures,
        "pages": pages,
        "overview": page(client, "/?days=90"),
        "rules": rules,
        "tiers": [row.level for row in members.values()],
        "weeks": people.shop().sample_shift_weeks,
    }
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main(int(sys.argv[1]))
