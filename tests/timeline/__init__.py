"""Thirty days of 300 feeds on a virtual clock: what was to be had, and what watchd made of it."""
