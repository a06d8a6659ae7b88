package contract

import (
	"maps"
	"slices"
)

// HandlerNames lists the verbs that have a handler, with or without a row.
func HandlerNames() []string { return slices.Sorted(maps.Keys(handlers)) }
