"""Where raw bodies wait, and where what could not be taken stays until somebody looks at it."""
