"""AWS for tests and for laptops: moto over HTTP, with what it lacks.

>>> from tests.aws.emulator import emulator
>>> with emulator() as aws: aws.client("sagemaker").list_processing_jobs()

This package imports nothing: half of it runs in the emulator's own virtual environment.
"""
