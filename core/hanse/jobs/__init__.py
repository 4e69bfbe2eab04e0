"""Work after commit: outbox, relay, worker, schedule."""
