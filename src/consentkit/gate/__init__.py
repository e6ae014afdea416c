"""What may pass: cookies, headers and markup of services that the visitor has not granted."""
