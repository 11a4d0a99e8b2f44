"""The command line: all of click and rich. Heavy imports stay inside the callbacks."""
