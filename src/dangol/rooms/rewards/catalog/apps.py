"""The Django app."""

from django.apps import AppConfig


class RewardCatalogConfig(AppConfig):
    """Rewards for points, their stock and codes, and who has redeemed what."""

    name = "dangol.rooms.rewards.catalog"
    label = "dg_reward_catalog"
