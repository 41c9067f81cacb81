"""The door and the inbox."""
