"""REST over every model: read, change and act through the same door as pages, described by OpenAPI."""
