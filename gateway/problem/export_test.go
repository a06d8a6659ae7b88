package problem

// HintsOf are the hints of each verb, by code and field.
func HintsOf() map[string]map[string]Text { return hints }
