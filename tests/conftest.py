"""For every test."""

pytest_plugins = ["tests.graph", "tests.demo"]
