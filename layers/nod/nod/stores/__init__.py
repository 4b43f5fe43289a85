"""DynamoDB: in each module one table, its pynamodb model, and its conditional writes."""
