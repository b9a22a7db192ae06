"""Unit tests of the console: formatting, layouts, pictures, themes; no app runs here."""
