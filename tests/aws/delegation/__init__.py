"""A job delegated to SageMaker: kubectl, a real API server, the operator's process, and AWS."""
