"""argmin: optimization models as first-class citizens of a Kubernetes cluster."""

__version__ = "0.1.0"
