"""Sphinx: the documentation as a site, warnings as errors."""

import tenure

project = "Tenure"
version = release = tenure.__version__
extensions = ["myst_parser"]
exclude_patterns = ["_build", "performance/*", "reliability/*"]  # parts of performance.md and reliability.md
html_theme = "furo"
html_title = "Tenure"
myst_heading_anchors = 3
