"""Rules over time: what many items say together. Pure: observations in, alerts out."""
