"""Runs as SageMaker processing jobs."""
