"""Mark the package that turns an armed call into at most one ringing telephone.

``due`` says what is to be done now, ``gates`` whether it may ring, ``dispatch`` dials, ``settle`` finds out
what became of a call whose answer was lost, ``follow`` reports how placed calls ended.
"""
