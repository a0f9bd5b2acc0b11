"""The only core code that sees a request: guards, formats, errors, security headers, htmx."""
