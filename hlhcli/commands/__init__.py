"""What the commands do, once the options are parsed: plain functions, one module each.

This is where the heavy libraries are first imported.
"""
