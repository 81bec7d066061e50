"""Stamp cards: programs, members' cards, and what full ones give."""
