"""Who waits for an earlier time, what fell free, whom it was offered to, what came of it."""
