"""The command `influence`: one module a group of commands."""
