"""What can go wrong with the machine, done to real processes: full disks, torn files, clocks that jump, stages that fail."""
