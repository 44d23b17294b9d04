"""Progress of a search: solvers report to a sink, a reporter sends it, a history is recorded."""
