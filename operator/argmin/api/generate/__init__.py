"""What is generated from the models: CRDs, the reference, and names for the roles."""
