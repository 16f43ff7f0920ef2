"""Test runs: batches of saved scenarios that the platform calls its own agents with."""
