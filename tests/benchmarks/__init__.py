"""Speed, memory and accuracy, measured: `python -m tests.benchmarks`, or `make bench`."""
