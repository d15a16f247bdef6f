"""The full generator: countries drawn from a scenario card, in memory or as raw files."""
