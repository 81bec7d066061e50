"""What of that which was redeemed counts against a member's limit."""

from django.db.models import Q

from dangol.domain.redeeming import RedemptionState


def counts_as_had() -> Q:
    """Return what picks redemptions that count: not canceled, nor lapsed with their points given back."""
    came_back = Q(state=RedemptionState.LAPSED.value, gives_back=True)
    return ~Q(state=RedemptionState.CANCELED.value) & ~came_back
