"""From an armed call to at most one ringing telephone.

``due`` says what is to be done now, ``gates`` whether it may ring, ``dispatch`` dials, ``settle`` finds out
the result of a call whose answer was lost, ``follow`` reports how placed calls ended.
"""
