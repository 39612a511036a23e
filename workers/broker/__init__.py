"""The broker: a Redis or Valkey that carries the messages of jobs."""
