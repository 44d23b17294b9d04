"""OptimizationJob: its spec, its models, its status."""
