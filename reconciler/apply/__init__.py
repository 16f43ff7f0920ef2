"""Applying a plan: the run, its journal in the state, and fields the server refused."""
