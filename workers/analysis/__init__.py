"""Instances in, results out."""
