"""The engine: queue, workers, one reconcile."""
