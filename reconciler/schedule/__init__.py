"""When things happen: clocks, recurrence, planned calls and their report rows."""
