"""Points of models: whether they are feasible, where a search may start, and made integral."""
