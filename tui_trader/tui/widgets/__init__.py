"""Line-drawn widgets: grid, log, step trace, sparkline, gauge, status bar; text and glyphs they are made of.

They draw frozen values that someone gives them, repaint only the lines that changed, and report keys, never text.
Nothing of trading is known here: no prices, orders or states, only text, tones and figures to be pictured.
"""
