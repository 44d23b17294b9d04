"""The engine: watches, queue, cache, reconciler, lease, intake and health. It knows no kind."""
