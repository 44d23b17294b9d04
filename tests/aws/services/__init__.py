"""What the emulator answers itself, one file a service; everything else is moto's."""
