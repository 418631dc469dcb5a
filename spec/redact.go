package spec

// Redact returns the text without secrets.
func Redact(text string) string { return text }
