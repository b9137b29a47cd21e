"""From snapshot and journal to the bytes of the page."""
