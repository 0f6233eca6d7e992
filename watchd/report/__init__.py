"""The report: the board, the last hits and the feeds as pages that open from disk."""
