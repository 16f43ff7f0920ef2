"""This file exists to mark the renderers: pure functions from the nouns of a run to text, JSON and Markdown.

No I/O and no clock: an instant that matters is in the noun already.
"""
