"""SMSC.ru: SMS over HTTP with a JSON answer, receipts and replies as signed forms."""
