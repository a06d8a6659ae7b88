package api

import (
	"net/url"
	"slices"
	"strconv"
)

// Dry is the parameter of every write by which its caller only asks what would come of it (试运行). All is checked and
// answered as for the write, also that an idempotency key is another request's, and nothing is kept: no transaction, no
// answer under the idempotency key, no key of a party. What the write itself draws by chance is left out of the answer: the ID of a new record, the commitment to
// its terms, the signed command and its place on the ledger.
type Dry struct {
	DryRun bool `query:"dryRun" doc:"Only answer what would come of it; nothing is recorded (试运行，只校验不记录)"`
}

// dryOf reads the parameter before the operation is known, so that whatever answers the request can say what it was.
// Who names it at all gets a dry run, unless it plainly says false; what is neither, the operation refuses.
func dryOf(query url.Values) bool {
	return slices.ContainsFunc(query["dryRun"], func(value string) bool {
		dry, err := strconv.ParseBool(value)
		return err != nil || dry
	})
}
