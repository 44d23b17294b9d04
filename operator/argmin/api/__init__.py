"""The API: custom resources and the run contract, as pydantic models.

These models are the single source of the CRDs, of the reference documentation and of what the
operator, the runner and the command line read and write.
"""
