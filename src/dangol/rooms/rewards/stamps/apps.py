"""The Django app."""

from django.apps import AppConfig


class StampCardsConfig(AppConfig):
    """Programs of stamp cards, members' cards with their stamps, and what full cards gave."""

    name = "dangol.rooms.rewards.stamps"
    label = "dg_stamp_cards"
