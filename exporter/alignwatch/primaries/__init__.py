"""What a move of a primary branch has done: judged by what git holds, from where it was to where it is.

:mod:`alignwatch.primaries.judgement` asks the questions, one of the other files each, in a shadow of the
repository (:mod:`alignwatch.git.shadow`), so that nothing of the repository's configuration is heeded and
nothing is written into it.
"""
