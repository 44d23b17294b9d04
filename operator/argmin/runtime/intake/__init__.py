"""HTTP endpoints to which runs deliver results and report progress."""
