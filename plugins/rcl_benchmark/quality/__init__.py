"""Pictures that are compared with the truth: other tools beside rcl's own heads, all on the same inputs."""
