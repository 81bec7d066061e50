"""Behavior: what sites and apps tell of people, kept without personal data, and what follows from it."""
