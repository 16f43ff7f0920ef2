"""Source control for a ThunderPhone account: manifests, plan, apply, dispatch."""

__version__ = "0.1.0"
