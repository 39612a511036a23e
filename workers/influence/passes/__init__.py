"""Passes over all layers, and one step of many patterns."""
