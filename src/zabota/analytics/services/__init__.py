"""Services of analytics: the printable page, stored reports."""
