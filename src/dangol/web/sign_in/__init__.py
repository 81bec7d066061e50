"""Signing in: django-allauth with our words, our look, and our count of failures."""
