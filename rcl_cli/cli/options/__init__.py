"""Options of the verbs: shared ones, their types, and those that plugins add."""
