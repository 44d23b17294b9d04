"""Decisions about runs on SageMaker, from what was observed; pure."""
