"""The runner as a process: signals, logs, children, and retries."""
