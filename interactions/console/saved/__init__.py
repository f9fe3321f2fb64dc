"""Pages about what members keep and pass on: saved views, share links, and notes; and what visitors of a link see."""
