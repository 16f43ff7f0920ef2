"""The public names of the store, whichever engine is behind it."""

from reconciler.store.interface import Entry, Store, Write
from reconciler.store.opening import open_store

__all__ = ["Entry", "Store", "Write", "open_store"]
