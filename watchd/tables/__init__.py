"""Tables of files that people write: their keys, and what these take.

`marks` says it, `plain` reads a table by it, `models` finds what is wrong with one.
"""
