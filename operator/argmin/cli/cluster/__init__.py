"""The cluster that a command connects to: sessions, following, events."""
