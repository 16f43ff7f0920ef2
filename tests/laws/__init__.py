"""The laws: promises that hold for any input, tried with many."""
