"""The widgets in a small app, driven by Pilot."""
