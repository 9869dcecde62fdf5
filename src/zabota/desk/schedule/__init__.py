"""«Режим работы»: weeks of doctors and rooms, days that differ, what services need."""
