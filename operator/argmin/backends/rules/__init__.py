"""The rules of a run's life, for every kind that has runs; one file for each behaviour.

A rule gets one run with what was observed of it, and returns actions and what the status is to
say. The kind puts the rules in order, adds its own, and projects their results to its status.
"""
