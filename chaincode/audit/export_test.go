package audit

// HasEffects reports whether the table has the verb.
func HasEffects(verb string) bool { _, ok := effects[verb]; return ok }
