"""The interface: pages, texts, assets, and what a browser sees."""
