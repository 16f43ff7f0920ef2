"""This file exists to make these tests a package: what they share has names that others use too."""
