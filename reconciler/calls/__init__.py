"""This file exists to mark the package that turns a scheduled call into at most one dialled call.

``occurrences`` says when, ``gates`` whether it may ring now, ``dispatch`` dials, ``follow`` reports.
"""
