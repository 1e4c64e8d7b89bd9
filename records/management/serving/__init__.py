"""The web server: processes that are kept alive, threads that wait for slow clients, and seats for
requests at work."""
