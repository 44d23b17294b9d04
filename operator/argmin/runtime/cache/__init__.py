"""The local copy of the cluster's objects: watches, resync, and the cache that they fill."""
