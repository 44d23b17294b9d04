"""Amazon Web Services: the only place that knows boto3."""
