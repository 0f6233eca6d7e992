"""What rules would have sent: past items at the daemon's own functions, on their own clock."""
