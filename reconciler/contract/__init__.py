"""What the engine and a kind agree on: what a kind says, how its fields behave, what it is given."""
