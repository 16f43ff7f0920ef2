"""This file exists to explain every code a finding or an error can carry."""
