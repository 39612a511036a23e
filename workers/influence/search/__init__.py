"""Searches for patterns: guided pattern refinement, and all of them."""
