"""The way from an account and its manifests to a plan: one stage a module, `survey` runs them all."""
