"""The screens: the one that trading is watched on, and the dialogs that ask or explain.

They compose panes and take answers. No screen sends a command: it returns an answer, and the app acts on it.
"""
