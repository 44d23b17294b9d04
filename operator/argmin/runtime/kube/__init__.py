"""The Kubernetes API: requests, errors, events, the lease."""
