"""The steps from a finished training run to files that may be released, each with typed inputs."""
