"""The most points that a member may have, over HTTP."""

from datetime import timedelta

import pytest

from dangol.core.ledger.services import earn_points
from dangol.core.storage.ids import parse_id
from dangol.project.clock import now
from tests.api.conftest import Caller
from tests.api.test_orders import an_order, publish_limit

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def test_terms__most_a_member_may_have__told_before_and_after_and_by_the_return(api: Caller) -> None:
    member = api.post("/members", {"external_id": "M-1"}).data["id"]
    before, made = publish_limit(api, "most_held")
    cart = {"member": member, "lines": [{"product": "P1", "unit_minor": 15_000}]}
    expected = api.post("/checkout/evaluate", cart).data["earning"]

    order = api.post("/orders", an_order(member)).data
    full = api.post("/checkout/evaluate", cart).data["earning"]
    line = {"product": "P1", "quantity_milli": 1_000, "net_minor": 10_000}
    back = api.post("/orders/pos:1/returns", {"number": "R1", "lines": [line]}).data

    assert (before, made) == (None, 100)
    assert [expected[one] for one in ("points", "not_given", "most_held")] == [100, 50, 100]
    assert [full[one] for one in ("points", "not_given", "most_held")] == [0, 150, 100]
    (earned,) = order["earned"]
    (why,) = earned["whys"]
    assert [earned["points"], earned["not_given"]] == [150, 50]
    assert [why[one] for one in ("points", "not_given", "most_held")] == [150, 50, 100]
    # What is left of it earns 50, and 100 were given: 50 come back of the 100 that it took.
    assert (back["earned"][0]["points"], back["earned"][0]["not_given"]) == (50, 0)
    assert [line["points"] for line in api.get(f"/members/{member}/points/history").data["data"]] == [
        50, 50, 150,
    ]  # fmt: skip
    assert api.get(f"/members/{member}/points").data["available"] == 50


def test_evaluate__points_have_lapsed_and_it_is_not_booked_yet__leaves_room_as_the_sale_does(
    api: Caller,
) -> None:
    member = api.post("/members", {"external_id": "M-1"}).data["id"]
    (program,) = api.get("/programs").data["data"]
    api.post(f"/programs/{program['id']}/terms/versions", {"expiry": "never", "most_held": 100})
    hour = timedelta(hours=1)
    earn_points(
        parse_id(member), points=80, currency=program["points_currency"], key="k", at=now() - 2 * hour,
        expires_at=now() - hour,
    )  # fmt: skip
    assert api.get(f"/members/{member}/points").data["available"] == 80
    cart = {"member": member, "lines": [{"product": "P1", "unit_minor": 15_000}]}

    expected = api.post("/checkout/evaluate", cart).data["earning"]

    (earned,) = api.post("/orders", an_order(member)).data["earned"]
    assert (expected["points"], expected["not_given"]) == (100, 50)
    assert (earned["points"], earned["not_given"]) == (150, 50)
