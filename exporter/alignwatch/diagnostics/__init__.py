"""The doctor: what is wrong with machine, configuration, repositories and the way to people, and the remedy.

``check`` says what a check is, ``checks`` lists all of them, ``runner`` runs them, ``report`` says what they
found, ``doctor`` puts these together. A check only looks; what may be mended is in ``mending``.
"""
