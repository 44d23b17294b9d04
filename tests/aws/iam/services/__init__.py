"""Which permissions each operation needs: one file a service."""
