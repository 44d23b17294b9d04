"""The operator in a process with an API server in memory, in virtual time."""
