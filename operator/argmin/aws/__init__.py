"""The client of Amazon Web Services: the only package of the operator that imports boto3."""
