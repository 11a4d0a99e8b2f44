"""The command line's verbs, one file each: options and printing; heavy imports inside the callback."""
