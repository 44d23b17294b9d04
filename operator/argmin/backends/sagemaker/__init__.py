"""Runs as jobs of SageMaker."""
