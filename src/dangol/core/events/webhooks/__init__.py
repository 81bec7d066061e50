"""Webhooks: telling other programs what happened, and taking in what they tell, once each."""
