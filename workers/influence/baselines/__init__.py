"""Patterns that other methods choose, and random ones to rank against."""
