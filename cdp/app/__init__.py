"""The outer ring: settings, the one composition root, worker, scheduler, CLI and web. Nobody imports it."""
