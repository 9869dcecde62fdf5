"""SMPP 3.4: SMS straight to an operator or an aggregator, receipts and replies over the same connection."""
