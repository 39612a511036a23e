"""The Celery application, its queues, and the sweeper that keeps them filled."""
