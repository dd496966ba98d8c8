"""The program ``cxr-edge``: one module per command.

A command is a module with ``HELP`` (one line), ``EPILOG`` (what to try), ``add_arguments(parser)`` and
``run(args) -> int``, the exit status. Importing it is cheap; ``run`` imports what it needs. The commands of the
extras join through the entry points of the group ``cxr_edge.commands``; they name their extra in ``EXTRA`` and the
packages it must have brought in ``NEEDS``, so nothing here knows of them.
"""
