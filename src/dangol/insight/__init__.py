"""Insight: what customers do, counted and modeled. A library of its own, which knows no shop and no server.

What goes in and comes out is tables and arrays, with the instant they are as of; docs/algorithms tells the
formulas and where they come from.
"""
