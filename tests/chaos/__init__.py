"""Make these tests a package: what they share has names that others use too."""
