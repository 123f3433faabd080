"""What is fast, how fast, and beside whom: `python -m benchmarks`."""
