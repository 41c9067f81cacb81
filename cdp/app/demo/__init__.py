"""The demo: one neighbourhood shop, thirty days and one Dragon Boat evening, played over real HTTP."""
