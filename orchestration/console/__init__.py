"""What the management commands share: the frame of a command, how things look, live progress, child processes."""
