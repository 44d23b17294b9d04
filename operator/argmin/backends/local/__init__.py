"""Runs as processes of this machine, for `argmin run`."""
