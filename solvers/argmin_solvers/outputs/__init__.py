"""The files that a run wrote: found, digested, and packed."""
