"""Checks of whether an account and a project are ready for use."""
