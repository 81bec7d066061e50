"""Personalization: what is known of each customer becomes something for that one person."""
