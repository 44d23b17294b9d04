"""The engine: watches, queue, cache, reconciler, lease, intake and health; independent of kinds."""
