"""MTS Exolve: SMS over HTTP with a bearer key; receipts and replies by the application's webhook."""
