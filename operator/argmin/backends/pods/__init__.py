"""Runs as Jobs of the cluster."""
