"""Who is one person: rules, the partition of surrogates, and an index that follows the log."""
