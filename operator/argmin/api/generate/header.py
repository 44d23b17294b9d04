"""What every generated file begins with."""

NOTICE = "Generated from operator/argmin/api by `make generate`. Do not edit."
