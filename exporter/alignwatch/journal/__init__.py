"""The durable record of operations: SQLite, shared by many short processes."""
