"""VK: messages of the clinic's community to people who allowed them."""
