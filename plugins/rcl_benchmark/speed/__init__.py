"""What `rcl benchmark speed` measures: every stage beside what limits it, in one run."""
