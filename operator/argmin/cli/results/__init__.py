"""A run's result: from the cluster or an object store, into a folder."""
