"""Phone numbers as people write them, and which of them may dial or ring."""
