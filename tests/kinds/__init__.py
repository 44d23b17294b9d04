"""Kinds of the tests, each written as a kind of argmin's is: see docs/development/new-kind.md."""
