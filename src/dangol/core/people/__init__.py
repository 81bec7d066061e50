"""Customers, members, identities, consent, staff and stores."""
