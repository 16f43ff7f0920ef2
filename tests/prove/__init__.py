"""The proof that a scheduled call is placed at most once (promise P4).

The code under test is the real one: dispatch, its gates, the ledger, the scheduled call's kind. Only what
lies outside of it is simulated: time, the store's medium, the platform, the telephone.
"""
