"""What `rcl benchmark` measures: inputs whose truth is known, our results and others' on them, and a page of both."""
