"""The page a person sees at ``/``: how it is, which branches there are, and what happened lately.

Made when it is asked for, out of what lies ready. It needs no script and nothing from elsewhere.
"""
