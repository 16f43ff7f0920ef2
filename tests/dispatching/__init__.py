"""This package exists to hold what one dispatch may do, and what must not keep it from the rest."""
