"""What programs are answered, over HTTP and as tools of an agent."""
