"""Alerts as their readers see them. Pure: an alert in, text, HTML or JSON out."""
