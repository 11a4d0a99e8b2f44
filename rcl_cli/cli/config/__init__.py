"""What stands in `rcl.toml` and the environment, and where each value in force comes from."""
