"""Keeps a ThunderPhone account in git: manifests, plan, apply, dispatch."""

__version__ = "0.1.0"
