"""From files to resources: reading manifests and validating them by their kinds."""
