"""SageMaker's processing jobs: really run, each in namespaces of its own."""
