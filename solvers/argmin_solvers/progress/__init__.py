"""How a search is getting on: solvers tell a sink, a reporter passes on, a history is kept."""
