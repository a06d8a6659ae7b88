package api_test

import (
	"strings"

	"decore/chaincode/contract"
	"decore/chaincode/ident"
)

// binding are the verbs that are countersignatures.
var binding = func() map[string]bool {
	all := map[string]bool{}
	for _, v := range contract.Verbs() {
		if v.Row.Binding {
			all[v.Row.Verb] = true
		}
	}
	return all
}()

// seen is the If-Match header of a countersignature on the record as it is now; none for other verbs.
func (w *world) seen(p ident.USCC, path string) []string {
	w.Helper()
	i := strings.LastIndexByte(path, '/')
	if !binding[path[i+1:]] || strings.HasPrefix(path, "/v1/parties/") { // a party is reinstated as is a reduction, but no version of it is compared
		return nil
	}
	return []string{"If-Match", w.get(p, path[:i]).header.Get("ETag")}
}
