"""The endpoints of webhooks: setting them up, their deliveries, and sending again."""
