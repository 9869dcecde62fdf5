"""E-mail: a mail server of the clinic or its provider, many letters in flight, returned letters read back."""
