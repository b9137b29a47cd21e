"""Why something is as it is, and what to do next: of one branch, or of one alert."""
