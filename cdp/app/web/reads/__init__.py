"""What the pages ask the tables: one file a subject, SQL over the projections' reader, no formatting."""
