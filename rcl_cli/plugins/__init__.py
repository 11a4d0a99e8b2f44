"""What others can add to rcl: finding it, loading it one entry point at a time, and its options."""
