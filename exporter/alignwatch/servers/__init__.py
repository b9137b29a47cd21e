"""The HTTP APIs of other servers: who asks, how long it may take, and one clear line when it fails."""
