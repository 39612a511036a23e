"""For every test."""

pytest_plugins = ["tests.graph", "tests.broker", "tests.demo"]
