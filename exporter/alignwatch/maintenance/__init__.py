"""When maintenance may run, and when it is due."""
