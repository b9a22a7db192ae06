"""The running trader in a thread of its own: wiring, schedule, recovery, mailbox, clients, control socket.

It puts the parts together and keeps them going; the decisions are made further down.
No screen here: what a console shows leaves as immutable views, what it wants comes in as commands.
"""
