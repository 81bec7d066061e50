"""Referrals: a program, members' codes, friends who came by them, and what both got."""
