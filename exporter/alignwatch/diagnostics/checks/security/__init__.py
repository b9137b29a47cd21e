"""What others could read, change or reach."""
