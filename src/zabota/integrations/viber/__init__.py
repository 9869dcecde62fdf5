"""Viber: the clinic's bot. Off until a clinic that knows the law switches it on."""
