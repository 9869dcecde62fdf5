"""The calendar of the desk: the day by doctors and rooms, a doctor's week, booking, moving, what became of a visit."""
