"""The result of a run: the answer, its solution, and their delivery."""
