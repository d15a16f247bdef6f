"""Reports of several countries as one set of static pages, with what may be held side by side."""
