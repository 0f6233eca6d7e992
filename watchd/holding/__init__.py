"""How long an alert is kept back, and for what. Pure: the time is passed in."""
