"""MAX: the bot of the clinic writes to people who wrote to it first."""
