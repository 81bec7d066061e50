"""Dangol: the system with which a shop, brand or clinic wins regulars and keeps them."""

__version__ = "0.1.0"
