"""What is timed: stages, other runtimes, whole processes, the demo under load; and answers on other CPUs."""
