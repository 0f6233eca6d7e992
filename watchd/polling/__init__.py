"""How a feed is asked again and again: its rhythm, its health, and what each answer changes.

Pure: a feed and its state, an answer and `now` in; the state after it out.
"""
