"""Rewards that members take for points."""
