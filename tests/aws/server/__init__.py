"""The emulator's process: every request passes here on its way to a service or to moto."""
