"""«Приём»: a doctor's own day, each patient readable in ten seconds."""
