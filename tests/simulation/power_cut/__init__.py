"""Power cuts, rehearsed: what the program does to its files is recorded, and legal disk images of it are opened again.

Here live the recorder, the images, and the judges of the journal and of the paper books. Nothing here judges trading,
and nothing here kills a process: that a kill loses nothing says nothing about a disk.
"""
