"""The bundle for a bug report: what is known of this installation in one file, without its secrets.

``contents`` lists what goes in, each from a module of its own; ``redaction`` takes out what nobody may see,
``names`` what is not wanted in it; ``archive`` packs. ``occasion`` keeps the bundle of a critical alert.
"""
