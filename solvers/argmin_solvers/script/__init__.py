"""Programs of the user's own: run as SageMaker's script mode does, with reports and metrics."""
