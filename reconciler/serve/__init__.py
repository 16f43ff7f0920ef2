"""The service that is always on: dials due calls on the second, hears how they end, shows the day.

Nothing outside imports it but ``reconciler serve``; what it needs is in the extra ``serve``.
"""
