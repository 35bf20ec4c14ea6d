"""What the ports of the use cases meet: files, SQL, HTTP, the operating system."""
