"""Mathematics of the measures: pure functions of columns, without tables, settings or a clock."""
