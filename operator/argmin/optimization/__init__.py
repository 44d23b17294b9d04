"""OptimizationJob: what is observed, what is decided, what is built."""
