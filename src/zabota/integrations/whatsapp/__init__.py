"""WhatsApp Business Cloud: off until a clinic that knows the law switches it on."""
