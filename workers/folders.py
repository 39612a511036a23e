"""Where this machine keeps what is ours, by the conventions of its operating system."""

from pathlib import Path

from platformdirs import user_cache_path, user_data_path

APPLICATION = "influence-graph"


def data_folder() -> Path:
    """What would be missed: graphs, queues, logs."""
    return user_data_path(APPLICATION)


def cache_folder() -> Path:
    """What can be fetched or found out again."""
    return user_cache_path(APPLICATION)
