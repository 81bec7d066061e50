"""What the API answers about webhook endpoints and keys."""

from datetime import datetime
from typing import Any

from dangol_client.answers import Answer


class Webhook(Answer, frozen=True):
    """An endpoint; `events` empty means all, and `public_key` is there for `v1a` only."""

    id: str
    url: str
    description: str
    events: list[str]
    signature: str
    state: str
    failing_since: datetime | None
    last_success_at: datetime | None
    resting_until: datetime | None
    created_at: datetime
    public_key: str | None
    secret_created_at: datetime | None
    earlier_secret_until: datetime | None


class NewWebhook(Answer, frozen=True):
    """An endpoint with what its receiver checks signatures by, shown this once."""

    webhook: Webhook
    secret: str


class Gone(Answer, frozen=True):
    """What is no longer there."""

    id: str


class Delivery(Answer, frozen=True):
    """A message on its way to an endpoint, or what became of it. Its id is the event's."""

    id: str
    event: str
    state: str
    due_at: datetime | None
    tries: int
    is_test: bool
    created_at: datetime
    finished_at: datetime | None


class Try(Answer, frozen=True):
    """One try to deliver: `failure` is empty for a success, `status` None where no answer came."""

    number: int
    at: datetime
    duration_ms: int
    status: int | None
    failure: str
    answer: str


class DeliveryReport(Answer, frozen=True):
    """A delivery with its body, word for word, and each try, the latest first."""

    delivery: Delivery
    body: str
    tries: list[Try]


class Replayed(Answer, frozen=True):
    """How many messages go out again."""

    count: int


class Happened(Answer, frozen=True):
    """Something that happened; `member_id` is the id they had then, `seq` counts their events."""

    id: str
    name: str
    member_id: str
    seq: int
    subject_id: str | None
    occurred_at: datetime
    recorded_at: datetime
    data: dict[str, Any]


class TakenIn(Answer, frozen=True):
    """How many events were sent, and how many of them were new."""

    count: int
    new: int


class Feed(Answer, frozen=True):
    """Events, the earliest first. `resume` is the cursor to ask with later, also where this is the end."""

    data: list[Happened]
    next_cursor: str | None
    resume: str


class Approval(Answer, frozen=True):
    """Points to be given (positive) or taken by hand; `state` says whether a person has let it happen.

    `points` are each member's; a request about many (`members` of them) names no `member_id`. Of the kinds
    `promotions.publish`, `event_rules.publish`, `checkout.settings` and `stored_value.settings` there are
    neither; of `store_credit.by_hand` it is `credit_minor` of a `currency`, and no points; of
    `gift_cards.given` it is `given_minor` on cards.
    """

    id: str
    kind: str
    promotion_id: str | None
    event_rule_id: str | None
    state: str
    member_id: str | None
    members: int
    points: int
    credit_minor: int | None
    given_minor: int | None
    currency: str | None
    reverses_id: str | None
    reason: str
    asked_at: datetime
    asked_by: str
    open_until: datetime | None
    decided_at: datetime | None
    decided_by: str | None
    decided_reason: str | None


class Confirmation(Answer, frozen=True):
    """That a code for a spending is on its way to the member. `code`: test keys only."""

    points: int
    sent_by: str
    expires_at: datetime
    code: str | None


class ApiKey(Answer, frozen=True):
    """A key; of its secret only the prefix and the last four signs (`shown`)."""

    id: str
    shown: str
    name: str
    space: str
    scopes: list[str]
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None
    used_at: datetime | None


class NewApiKey(Answer, frozen=True):
    """A fresh key with its secret, shown this once."""

    key: ApiKey
    secret: str
