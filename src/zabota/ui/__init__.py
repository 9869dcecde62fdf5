"""Design system of the interface: components, formats, the frame of a page. Knows no word of the domain."""
