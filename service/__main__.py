"""`python -m service`: the command `influence`, for processes that start it without a shell's path."""

from service.cli.app import main

main()
