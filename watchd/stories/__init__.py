"""Which items tell the same story: the same text or nearly so, whoever publishes it."""
