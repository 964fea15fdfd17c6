"""A trained model as a web service: REST, metrics and a page."""
