"""What a run sends to the operator's intake."""
