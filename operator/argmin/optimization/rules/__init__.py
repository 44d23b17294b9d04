"""The rules of an OptimizationJob: one file for each behaviour; `chain` has their order."""
