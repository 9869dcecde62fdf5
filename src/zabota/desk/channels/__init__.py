"""«Каналы»: accounts at providers, what is lawful where, what does not work and why."""
