"""SMS Aero: SMS over HTTP with a key; receipts are asked for or called back."""
