"""Notifications: what somebody must hear of, told once, to whatever address apprise knows."""
