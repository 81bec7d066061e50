"""The ground floor: ids, the one write transaction, and set-based SQL for both databases."""
