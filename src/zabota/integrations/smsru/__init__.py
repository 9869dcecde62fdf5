"""SMS.ru: up to a hundred SMS in one call, each answered by its own code."""
