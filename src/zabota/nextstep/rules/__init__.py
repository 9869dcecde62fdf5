"""Pure rules of the next step: types, recalls, the rule of the two З. The SQL of the sweep is equal to them row by row."""
