"""A run's output: from pods and from CloudWatch."""
