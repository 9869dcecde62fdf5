"""«Правило двух „З“»: the page of the rule and what is decided about one patient on the card."""
