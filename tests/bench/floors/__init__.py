"""This folder exists to say what the work costs at the least: lean scripts, each a whole process.

They do what a good engineer would write who needed just this and nothing else: no complaints, no references,
no state, no safety. What reconciler takes beyond them is what its promises cost.
"""
