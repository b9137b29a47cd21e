"""The sections of the document that people read: one file each."""
