"""What a language does: the terms and phrases that rose, fell or are new against a baseline."""
