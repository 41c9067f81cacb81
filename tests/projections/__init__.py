"""Tables: the law of rebuilding, figures computed by hand, publication."""
