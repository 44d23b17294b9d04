"""Files on their way between a run and object stores: whole and checked, or not at all.

The only place of the runner that knows boto3. Its modules are imported where there is something
to move: a run without a store does not pay for the import.
"""
