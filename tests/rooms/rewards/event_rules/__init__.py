"""Stamp cards: programs, members' cards, what full ones give."""
