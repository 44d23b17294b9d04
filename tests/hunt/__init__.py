"""Hunts for wrong answers: seeded random models through every solver, with proof on."""
