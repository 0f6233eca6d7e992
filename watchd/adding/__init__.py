"""Feeds that are to be watched: found, looked at, and written down as config.toml wants them."""
