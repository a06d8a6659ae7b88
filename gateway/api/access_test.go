package api_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"decore/chaincode/contract"
	"decore/chaincode/ident"
)

// actors are the columns of the access matrix, in this order.
var actors = []ident.USCC{supplier, rival, leader, bankA, bankB, keeper, guarantor, insurer, platform, bureau}

// spare is a supplier that takes part in nothing.
const spare = ident.USCC("91370200990000113P")

// What a cell of the matrix says: the caller may use the operation (whatever the ledger then says to an empty request),
// its role may not, or the record is not there for it.
const (
	may      = 'm'
	role     = 'r' // 403 ROLE_NOT_PERMITTED
	noRecord = 'n' // 404
)

// access has a row for every operation: one letter an actor, as in actors. The record is a receivable of supplier
// against leader, its order, a financing and a subsidy claim at bankA, all disclosed to bankA alone.
var access = map[string]string{
	"GET /livez": "mmmmmmmmmm", "GET /readyz": "mmmmmmmmmm", "GET /metrics": "mmmmmmmmmm",

	"GET /v1/orders":                   "mmmmmmmmmm",
	"POST /v1/orders":                  "mmmrrrrrrr",
	"POST /v1/orders/batch":            "mmmrrrrrrr",
	"POST /v1/orders/import":           "mmrrrrrrrr",
	"GET /v1/orders/template":          "mmmmmmmmmm",
	"GET /v1/orders/decisions":         "rrmrrrrrrr",
	"POST /v1/orders/decisions":        "rrmrrrrrrr",
	"GET /v1/orders/{id}":              "mnmmnnnnmm",
	"GET /v1/orders/{id}/history":      "mnmmnnnnmm",
	"GET /v1/orders/{id}/verification": "mnmmnnnnmm",
	"GET /v1/orders/{id}/receipt":      "mnmmnnnnmm",
	"GET /v1/orders/{id}/signals":      "mnmmnnnnmm",
	"POST /v1/orders/{id}/attest":      "rrmrrrrrrr",
	"POST /v1/orders/{id}/amend":       "mnmrrrrrrr",
	"POST /v1/orders/{id}/ship":        "mnrrrrrrrr",
	"POST /v1/orders/{id}/accept":      "rrmrrrrrrr",
	"POST /v1/orders/{id}/grant":       "mnrrrrrrrr",
	"POST /v1/orders/{id}/revoke":      "mnrrrrrrrr",
	"POST /v1/orders/{id}/cancel":      "mnmrrrrrrr",
	"POST /v1/orders/{id}/close":       "mnrrrrrrrr",

	"POST /v1/orders/{id}/set-collection-account": "mnmrrrrrrr",

	"GET /v1/receivables":                            "mmmmmmmmmm",
	"POST /v1/receivables":                           "mmrrrrrrrr",
	"POST /v1/receivables/batch":                     "mmmmmrrrmm",
	"POST /v1/receivables/import":                    "mmrrrrrrrr",
	"GET /v1/receivables/template":                   "mmmmmmmmmm",
	"GET /v1/receivables/{id}":                       "mnmmnnnnmm",
	"GET /v1/receivables/{id}/history":               "mnmmnnnnmm",
	"GET /v1/receivables/{id}/verification":          "mnmmnnnnmm",
	"GET /v1/receivables/{id}/receipt":               "mnmmnnnnmm",
	"GET /v1/receivables/{id}/signals":               "mnmmnnnnmm",
	"POST /v1/receivables/{id}/request-confirmation": "mnrrrrrrrr",
	"POST /v1/receivables/{id}/confirm":              "rrmrrrrrrr",
	"POST /v1/receivables/{id}/dispute":              "rrmrrrrrrr",
	"POST /v1/receivables/{id}/mark-unanswered":      "mnrrrrrrmm",
	"POST /v1/receivables/{id}/grant":                "mnrrrrrrrr",
	"POST /v1/receivables/{id}/revoke":               "mnrrrrrrrr",
	"POST /v1/receivables/{id}/pay":                  "mnrmnrrrrr",
	"POST /v1/receivables/{id}/cancel":               "mnrrrrrrrm",
	"POST /v1/receivables/{id}/close":                "mnrrrrrrrr",
	"POST /v1/receivables/{id}/set-off":              "rrmrrrrrrr",
	"POST /v1/receivables/{id}/dilute":               "mnrmnrrrrr",
	"POST /v1/receivables/{id}/prove-notice":         "mnrmnrrrrr",
	"POST /v1/receivables/{id}/accept-set-off":       "mnrmnrrrrr",
	"POST /v1/receivables/{id}/reissue":              "mnrmnrrrrr",
	"POST /v1/receivables/{id}/reinstate":            "rrmrrrrrrr",
	"POST /v1/receivables/{id}/split":                "mnrrrrrrrr",
	"POST /v1/receivables/{id}/transfer":             "mnrrrrrrrr",
	"POST /v1/receivables/{id}/accept-transfer":      "mnrrrrrrrr",
	"POST /v1/receivables/{id}/decline-transfer":     "mnrrrrrrrr",
	"POST /v1/receivables/{id}/recall-transfer":      "mnrrrrrrrr",
	"POST /v1/receivables/{id}/notify":               "mnrmnrrrrr",
	"POST /v1/receivables/{id}/acknowledge-notice":   "rrmrrrrrrr",
	"POST /v1/receivables/{id}/withdraw-notice":      "mnrmnrrrrr",
	"POST /v1/receivables/{id}/mark-overdue":         "mnrmnrrrrr",
	"POST /v1/receivables/{id}/write-off":            "mnrmnrrrrr",
	"GET /v1/receivables/decisions":                  "rrmrrrrrrr",
	"POST /v1/receivables/decisions":                 "rrmrrrrrrr",
	"GET /v1/imports/{id}/sheet":                     "nnnnnnnnnn",

	"GET /v1/lots":                          "mmmmmmmmmm",
	"POST /v1/lots":                         "mmrrrrrrrr",
	"POST /v1/lots/batch":                   "mmrmmmrrrm",
	"GET /v1/lots/{id}":                     "mnnmnmnnmm",
	"GET /v1/lots/{id}/verification":        "mnnmnmnnmm",
	"GET /v1/lots/{id}/receipt":             "mnnmnmnnmm",
	"GET /v1/lots/{id}/signals":             "mnnmnmnnmm",
	"GET /v1/lots/{id}/history":             "mnnmnmnnmm",
	"POST /v1/lots/{id}/withdraw":           "mnrrrrrrrr",
	"GET /v1/lots/decisions":                "rrrrrmrrrr",
	"POST /v1/lots/decisions":               "rrrrrmrrrr",
	"GET /v1/warehouse-receipts/decisions":  "rrrrrmrrrr",
	"POST /v1/warehouse-receipts/decisions": "rrrrrmrrrr",
	"POST /v1/lots/{id}/store":              "rrrrrmrrrr",
	"POST /v1/lots/{id}/reject":             "rrrrrmrrrr",
	"POST /v1/lots/{id}/add":                "rrrrrmrrrr",
	"POST /v1/lots/{id}/value":              "mnrmnmrrrr",
	"POST /v1/lots/{id}/insure":             "mnrrrmrrrr",
	"POST /v1/lots/{id}/appoint-supervisor": "rrrmnrrrrr",
	"POST /v1/lots/{id}/establish-control":  "rrrrrmrrrr",
	"POST /v1/lots/{id}/set-lines":          "rrrmnrrrrr",
	"POST /v1/lots/{id}/call-margin":        "rrrmnrrrrr",
	"POST /v1/lots/{id}/stock-take":         "rrrrrmrrrr",
	"POST /v1/lots/{id}/lose":               "rrrrrmrrrr",
	"POST /v1/lots/{id}/mark-commingled":    "rrrrrmrrrr",
	"POST /v1/lots/{id}/order-release":      "rrrmnrrrrr",
	"POST /v1/lots/{id}/release":            "rrrrrmrrrr",
	"POST /v1/lots/{id}/settle":             "mnrrrrrrrr",
	"POST /v1/lots/{id}/freeze":             "rrrrrrrrrm",
	"POST /v1/lots/{id}/unfreeze":           "rrrrrrrrrm",
	"POST /v1/lots/{id}/grant":              "mnrrrrrrrr",
	"POST /v1/lots/{id}/revoke":             "mnrrrrrrrr",

	"GET /v1/warehouse-receipts":                           "mmmmmmmmmm",
	"POST /v1/warehouse-receipts":                          "rrrrrmrrrr",
	"POST /v1/warehouse-receipts/batch":                    "mmmmmmrrrm",
	"GET /v1/warehouse-receipts/{id}":                      "mnnmnmnnmm",
	"GET /v1/warehouse-receipts/{id}/verification":         "mnnmnmnnmm",
	"GET /v1/warehouse-receipts/{id}/receipt":              "mnnmnmnnmm",
	"GET /v1/warehouse-receipts/{id}/signals":              "mnnmnmnnmm",
	"GET /v1/warehouse-receipts/{id}/history":              "mnnmnmnnmm",
	"POST /v1/warehouse-receipts/{id}/endorse":             "mnnrrrrrrr",
	"POST /v1/warehouse-receipts/{id}/confirm-endorsement": "rrrrrmrrrr",
	"POST /v1/warehouse-receipts/{id}/pledge":              "mnnrrrrrrr",
	"POST /v1/warehouse-receipts/{id}/confirm-pledge":      "rrrrrmrrrr",
	"POST /v1/warehouse-receipts/{id}/split":               "mnnrrrrrrr",
	"POST /v1/warehouse-receipts/{id}/confirm-split":       "rrrrrmrrrr",
	"POST /v1/warehouse-receipts/{id}/strike-pledge":       "rrrrrmrrrr",
	"POST /v1/warehouse-receipts/{id}/merge":               "mnnrrrrrrr",
	"POST /v1/warehouse-receipts/{id}/confirm-merge":       "rrrrrmrrrr",
	"POST /v1/warehouse-receipts/{id}/claim-goods":         "mnnrrrrrrr",
	"POST /v1/warehouse-receipts/{id}/deliver":             "rrrrrmrrrr",
	"POST /v1/warehouse-receipts/{id}/recall":              "mnnrrrrrrr",
	"POST /v1/warehouse-receipts/{id}/decline":             "rrrrrmrrrr",
	"POST /v1/warehouse-receipts/{id}/order-delivery":      "rrrmnrrrrr",
	"POST /v1/warehouse-receipts/{id}/value":               "mnnmnmrrrr",
	"POST /v1/warehouse-receipts/{id}/insure":              "mnnrrmrrrr",
	"POST /v1/warehouse-receipts/{id}/lose":                "rrrrrmrrrr",
	"POST /v1/warehouse-receipts/{id}/expire":              "mnnrrmrrrr",
	"POST /v1/warehouse-receipts/{id}/extend":              "rrrrrmrrrr",
	"POST /v1/warehouse-receipts/{id}/freeze":              "rrrrrrrrrm",
	"POST /v1/warehouse-receipts/{id}/unfreeze":            "rrrrrrrrrm",
	"POST /v1/warehouse-receipts/{id}/cancel":              "mnnrrrrrrr",
	"POST /v1/warehouse-receipts/{id}/grant":               "mnnrrrrrrr",
	"POST /v1/warehouse-receipts/{id}/revoke":              "mnnrrrrrrr",

	"GET /v1/financings":                         "mmmmmmmmmm",
	"POST /v1/financings":                        "mmrrrrrrrr",
	"POST /v1/financings/batch":                  "mmrmmrrrrr",
	"GET /v1/financings/{id}":                    "mnnmnnnnmm",
	"GET /v1/financings/{id}/history":            "mnnmnnnnmm",
	"POST /v1/financings/{id}/offer":             "rrrmnrrrrr",
	"POST /v1/financings/{id}/accept":            "mnrrrrrrrr",
	"POST /v1/financings/{id}/reject":            "rrrmnrrrrr",
	"POST /v1/financings/{id}/withdraw":          "mnrrrrrrrr",
	"POST /v1/financings/{id}/reserve":           "rrrmnrrrrr",
	"POST /v1/financings/{id}/encumber":          "rrrmnrrrrr",
	"POST /v1/financings/{id}/disburse":          "rrrmnrrrrr",
	"POST /v1/financings/record":                 "rrrmmrrrrr",
	"POST /v1/financings/{id}/confirm-record":    "mnrrrrrrrr",
	"POST /v1/financings/{id}/discard-record":    "mnrmnrrrrr",
	"POST /v1/financings/{id}/repay":             "rrrmnrrrrr",
	"POST /v1/financings/{id}/collect":           "rrrmnrrrrr",
	"POST /v1/financings/{id}/buy-back":          "rrrmnrrrrr",
	"POST /v1/financings/{id}/mark-overdue":      "rrrmnrrrrr",
	"POST /v1/financings/{id}/cure":              "rrrmnrrrrr",
	"POST /v1/financings/{id}/reverse-repayment": "rrrmnrrrrr",
	"POST /v1/financings/{id}/request-extension": "mnrrrrrrrr",
	"POST /v1/financings/{id}/extend":            "rrrmnrrrrr",
	"POST /v1/financings/{id}/change-rate":       "rrrmnrrrrr",
	"POST /v1/financings/{id}/agree-rate":        "mnrrrrrrrr",
	"POST /v1/financings/{id}/cancel":            "rrrmnrrrrr",
	"POST /v1/financings/{id}/release":           "mnrmnrrrrr",

	"POST /v1/financings/{id}/roll-over":       "rrrmnrrrrr",
	"POST /v1/financings/{id}/release-part":    "rrrmnrrrrr",
	"POST /v1/financings/{id}/attach-search":   "rrrmnrrrrr",
	"POST /v1/financings/{id}/call-margin":     "rrrmnrrrrr",
	"POST /v1/financings/{id}/top-up":          "mnrrrrrrrr",
	"POST /v1/financings/{id}/accept-top-up":   "rrrmnrrrrr",
	"GET /v1/financings/{id}/filing":           "rrrmnrrrrr",
	"POST /v1/financings/{id}/filing":          "rrrmnrrrrr",
	"POST /v1/financings/{id}/registry-search": "rrrmnrrrrr",
	"GET /v1/registrations":                    "rrrmmrrrrr",
	"GET /v1/registrations/template":           "mmmmmmmmmm",
	"POST /v1/priorities":                      "mmmmmmmmmm",

	"GET /v1/subsidy/claims":                 "mmmmmmmmmm",
	"POST /v1/subsidy/claims":                "rrrmmrrrrr",
	"POST /v1/subsidy/claims/batch":          "rrrmmrrrrm",
	"GET /v1/subsidy/claims/{id}":            "mnnmnnnnmm",
	"GET /v1/subsidy/claims/{id}/history":    "mnnmnnnnmm",
	"POST /v1/subsidy/claims/{id}/accrue":    "rrrmnrrrrr",
	"POST /v1/subsidy/claims/{id}/top-up":    "rrrmnrrrrr",
	"POST /v1/subsidy/claims/{id}/reduce":    "rrrmnrrrrr",
	"POST /v1/subsidy/claims/{id}/settle":    "rrrrrrrrrm",
	"POST /v1/subsidy/claims/{id}/release":   "rrrmnrrrrr",
	"POST /v1/subsidy/claims/{id}/correct":   "rrrmnrrrrm",
	"POST /v1/subsidy/claims/{id}/restate":   "rrrmnrrrrr",
	"POST /v1/subsidy/claims/{id}/claw-back": "rrrrrrrrrm",
	"GET /v1/subsidy/policies":               "mmmmmmmmmm",

	"GET /v1/subsidy/measures":                  "mmmmmmmmmm",
	"GET /v1/subsidy/measures/{id}":             "mmmmmmmmmm",
	"GET /v1/subsidy/measures/{id}/history":     "mmmmmmmmmm",
	"GET /v1/subsidy/measures/{id}/effect":      "mmmmmmmmmm",
	"POST /v1/subsidy/measures/{id}/draft":      "rrrrrrrrrm",
	"POST /v1/subsidy/measures/{id}/publish":    "rrrrrrrrrm",
	"POST /v1/subsidy/measures/{id}/supersede":  "rrrrrrrrrm",
	"POST /v1/subsidy/measures/{id}/repeal":     "rrrrrrrrrm",
	"GET /v1/subsidy/policies/{id}/lists":       "mmmmmmmmmm",
	"POST /v1/subsidy/policies/{id}/size-class": "mmmmmmmmmm",
	"GET /v1/subsidy/successions":               "mmmmmmmmmm",
	"POST /v1/subsidy/successions":              "rrrrrrrrrm",
	"POST /v1/subsidy/successions/batch":        "rrrrrrrrrm",
	"GET /v1/subsidy/successions/{id}":          "nmmnnnnnmm",
	"GET /v1/subsidy/successions/{id}/history":  "nmmnnnnnmm",

	"GET /v1/subsidy/policies/{id}":   "mmmmmmmmmm",
	"POST /v1/subsidy/policies/{id}":  "rrrrrrrrrm",
	"POST /v1/ledger/organisations":   "rrrrrrrrrm",
	"POST /v1/subsidy/quotes":         "mnnmnrrrrm",
	"GET /v1/subsidy/accounts/{uscc}": "mnnmnrrrrm",

	"GET /v1/subsidy/accounts/{uscc}/statement": "mnnmnrrrrm",

	"GET /v1/subsidy/claims/{id}/notice":          "mnnmnrrrrm",
	"GET /v1/subsidy/budgets":                     "mmmmmmmmmm",
	"POST /v1/subsidy/budgets":                    "rrrrrrrrrm",
	"POST /v1/subsidy/budgets/batch":              "rrrrrrrrrm",
	"GET /v1/subsidy/budgets/{id}":                "nnnmnnnnmm",
	"GET /v1/subsidy/budgets/{id}/history":        "nnnmnnnnmm",
	"POST /v1/subsidy/budgets/{id}/change":        "rrrrrrrrrm",
	"POST /v1/subsidy/budgets/{id}/close":         "rrrrrrrrrm",
	"GET /v1/subsidy/funds":                       "mmmmmmmmmm",
	"POST /v1/subsidy/funds":                      "rrrmmrrrrr",
	"POST /v1/subsidy/funds/batch":                "rrrmmrrrrm",
	"GET /v1/subsidy/funds/{id}":                  "nnnmnnnnmm",
	"GET /v1/subsidy/funds/{id}/history":          "nnnmnnnnmm",
	"POST /v1/subsidy/funds/{id}/request":         "rrrmnrrrrr",
	"POST /v1/subsidy/funds/{id}/decline":         "rrrrrrrrrm",
	"POST /v1/subsidy/funds/{id}/allocate":        "rrrrrrrrrm",
	"POST /v1/subsidy/funds/{id}/settle":          "rrrrrrrrrm",
	"POST /v1/subsidy/funds/{id}/return":          "rrrmnrrrrr",
	"POST /v1/subsidy/funds/{id}/confirm-return":  "rrrrrrrrrm",
	"POST /v1/subsidy/funds/{id}/void-allocation": "rrrrrrrrrm",

	"POST /v1/subsidy/funds/{id}/withdraw-return": "rrrmnrrrrr",
	"POST /v1/subsidy/funds/{id}/reject-return":   "rrrrrrrrrm",
	"POST /v1/subsidy/funds/{id}/clear":           "rrrrrrrrrm",
	"GET /v1/subsidy/funds/{id}/report":           "rrrmnrrrrm",
	"POST /v1/subsidy/funds/{id}/report":          "rrrmnrrrrr",
	"GET /v1/subsidy/funds/{id}/statement":        "rrrmnrrrrm",
	"POST /v1/subsidy/funds/{id}/statement":       "rrrmnrrrrm",
	"GET /v1/subsidy/funds/{id}/settlement":       "rrrrrrrrrm",
	"GET /v1/subsidy/funds/{id}/dossier":          "rrrmnrrrrm",
	"GET /v1/subsidy/usage":                       "rrrrrrrrrm",
	"GET /v1/subsidy/position":                    "rrrrrrrrrm",
	"GET /v1/subsidy/public-notice":               "rrrrrrrrrm",
	"GET /v1/subsidy/reports":                     "mmmmmmmmmm",
	"POST /v1/subsidy/reports":                    "rrrmmrrrrr",
	"POST /v1/subsidy/reports/batch":              "rrrmmrrrrm",
	"GET /v1/subsidy/reports/{id}":                "nnnmnnnnmm",
	"GET /v1/subsidy/reports/{id}/history":        "nnnmnnnnmm",
	"POST /v1/subsidy/reports/{id}/accept":        "rrrrrrrrrm",
	"POST /v1/subsidy/reports/{id}/send-back":     "rrrrrrrrrm",
	"POST /v1/subsidy/reports/{id}/withdraw":      "rrrmnrrrrr",

	"POST /v1/verifications":             "mmmmmmmmmm",
	"GET /v1/parties":                    "mmmmmmmmmm",
	"POST /v1/parties":                   "rrrrrrrrmr",
	"GET /v1/parties/{uscc}":             "mmmmmmmmmm",
	"POST /v1/parties/{uscc}/approve":    "rrrrrrrrrm",
	"POST /v1/parties/{uscc}/suspend":    "rrrrrrrrrm",
	"POST /v1/parties/{uscc}/reinstate":  "rrrrrrrrrm",
	"POST /v1/parties/{uscc}/rotate-key": "mmmmmmmmmm",
	"POST /v1/parties/{uscc}/revoke-key": "rrrrrrrrrm",
	"POST /v1/commands":                  "mmmmmmmmmm",
	"GET /v1/ledger/head":                "mmmmmmmmmm",
	"GET /v1/blocks/{number}":            "rrrrrrrrmm",
	"GET /v1/refusals":                   "rrrrrrrrrm",
}

// operations lists the operations of the document by method and path.
func operations(doc *huma.OpenAPI) map[string]*huma.Operation {
	all := map[string]*huma.Operation{}
	for path, item := range doc.Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op != nil {
				all[op.Method+" "+path] = op
			}
		}
	}
	return all
}

func TestEveryOperationHasARowOfAccess(t *testing.T) {
	w := newWorld(t)
	ops := operations(w.API.OpenAPI())
	for name := range ops {
		if len(access[name]) != len(actors) {
			t.Errorf("%q has no row of %d letters", name, len(actors))
		}
	}
	for name := range access {
		if ops[name] == nil {
			t.Errorf("%q has a row and is no operation", name)
		}
	}
}

func TestEveryOperationAnswersEveryRoleAsTheMatrixSays(t *testing.T) {
	w := newWorld(t)
	ids := w.matrixRecords()
	ops := operations(w.API.OpenAPI())
	for _, name := range slices.Sorted(maps.Keys(ops)) {
		op := ops[name]
		path := strings.NewReplacer("parties/{uscc}", "parties/"+string(spare), "{uscc}", string(supplier), "{number}", "1").Replace(op.Path)
		for prefix, id := range ids {
			if strings.HasPrefix(path, prefix) {
				path = strings.ReplaceAll(path, "{id}", id)
			}
		}
		if strings.HasSuffix(op.Path, "/dossier") {
			path += "?month=2026-02"
		}
		if strings.Contains(op.Path, "accounts/{uscc}") || slices.Contains([]string{"/v1/subsidy/usage", "/v1/subsidy/position", "/v1/subsidy/public-notice"}, op.Path) {
			path += "?policy=" + ids["/v1/subsidy/policies"]
		}
		for i, p := range actors {
			t.Run(name+" by "+fmt.Sprint(roleOf[p], i), func(t *testing.T) {
				if takesForm(op) {
					checkCell(t, access[name][i], w.upload(p, path, "probe.csv", []byte("x\n")))
					return
				}
				var tried response
				if writes(op) {
					tried = w.send(p, op.Method, path+"?dryRun=true", probe(name, ids), "If-Match", "")
				}
				r := w.send(p, op.Method, path, probe(name, ids), "If-Match", "")
				checkCell(t, access[name][i], r)
				if writes(op) {
					checkTried(t, tried, r)
				}
			})
		}
		if strings.HasPrefix(op.Path, "/v1/") {
			w.refuse(http.StatusUnauthorized, "TOKEN_MISSING", w.send("", op.Method, path, nil))
		}
	}
}

// takesForm reports whether the operation reads a file.
func takesForm(op *huma.Operation) bool {
	return op.RequestBody != nil && op.RequestBody.Content["multipart/form-data"] != nil
}

// probe is a body that gets as far as the check of access and harms nothing.
func probe(operation string, ids map[string]string) any {
	switch {
	case strings.HasPrefix(operation, "GET "):
		return nil
	case operation == "POST /v1/subsidy/quotes":
		return object{"policy": ids["/v1/subsidy/policies"], "household": supplier, "loan": object{"id": "x", "household": supplier, "bank": bankA, "type": "fixed-asset-loan",
			"sizeClass": "small", "private": true, "sector": "x", "principal": "1000.00", "annualRate": "0.03", "disbursed": "2026-02-01", "maturity": "2027-02-01"}}
	}
	verb := operation[strings.LastIndexByte(operation, '/')+1:]
	if args, special := goodsProbes[strings.TrimSuffix(strings.TrimPrefix(operation, "POST /v1/"), "/"+verb)+" "+verb]; special {
		return args
	}
	return probeArgs[verb]
}

// goodsProbes are probeArgs of verbs that more kinds of records have, with other arguments.
var goodsProbes = map[string]any{
	"lots/{id} lose":    object{"quantity": "0 t", "date": "2026-03-01", "cause": "x"},
	"lots/{id} release": object{"quantity": "0 t", "date": "2026-03-01", "note": "x"},
	"lots/{id} settle":  nil,

	"financings/{id} extend": nil,

	"subsidy/claims/{id} top-up": nil,
	"subsidy/claims/{id} reduce": nil,

	"warehouse-receipts/{id} lose": object{"quantity": "0 t", "cause": "x"},

	"subsidy/budgets/{id} change": object{"amount": "0.00", "document": "x"},
	"subsidy/funds/{id} request":  object{"need": object{"year": 2026, "amount": "0.00", "loans": 0}}, "subsidy/funds/{id} decline": object{"reason": "x"},
	"subsidy/funds/{id} allocate": object{"budget": "BUD-0", "amount": "0.00", "date": "2026-03-01", "reference": "x"},
	"subsidy/funds/{id} settle":   object{"through": "2026-01"}, "subsidy/funds/{id} return": object{"amount": "0.00", "date": "2026-03-01", "reference": "x"},
	"subsidy/funds/{id} withdraw-return": object{"reference": "x", "reason": "x"}, "subsidy/funds/{id} reject-return": object{"reference": "x", "reason": "x"},
	"subsidy/funds/{id} confirm-return": object{"reference": "x", "amount": "1.00", "budget": "BUD-0"}, "subsidy/funds/{id} void-allocation": object{"reference": "x", "reason": "x"}, "subsidy/reports/{id} send-back": object{"reason": "x"},
	"subsidy/reports/{id} accept": nil, "subsidy/reports/{id} withdraw": nil,

	"receivables/{id} split": object{"children": []object{{"id": "a", "amount": "0.00"}, {"id": "b", "amount": "0.00"}}},
}

// probeArgs are arguments by verb that can be read but that the ledger refuses in the state of the records.
var probeArgs = map[string]any{
	"amend": object{"amount": "0.00", "deliverBy": "2026-04-01"}, "ship": object{"amount": "0.00", "date": "2026-03-01", "note": "D1"},
	"accept": nil, "attest": nil, "cancel": nil, "close": nil, "grant": object{"to": keeper, "until": "2026-12-31"}, "revoke": object{"to": keeper},
	"request-confirmation": nil, "confirm": object{"waivesSetOff": false}, "dispute": object{"amount": "0.00", "reason": "x"}, "mark-unanswered": nil,
	"pay": object{"amount": "0.00", "date": "2026-03-01", "reference": "x"}, "reject": nil, "withdraw": nil, "release": nil, "mark-overdue": nil,
	"offer": object{"amount": "0.00", "annualRate": "0.03", "maturity": "2026-09-01", "validUntil": "2026-03-31"}, "reserve": object{"hours": 1},
	"encumber": object{"number": "1", "registered": "2026-03-01T00:00:00.000Z", "expires": "2026-04-01"}, "disburse": object{"amount": "0.00", "date": "2026-03-01", "reference": "x"},
	"repay": object{"principal": "0.00", "date": "2026-03-01", "reference": "x"}, "accrue": object{"through": "2026-03-01"}, "settle": object{"amount": "0.00"},
	"record": object{"applicant": supplier, "product": "fixed-asset-loan", "purpose": "x", "amount": "0.00", "annualRate": "0.03", "signed": "2026-01-05", "disbursed": "2026-01-05",
		"maturity": "2027-01-05", "reference": "x"}, "confirm-record": nil, "discard-record": nil, "restate": object{"entrustedPaid": "2099-01-01", "reason": "x"},
	"correct": nil, "claw-back": object{"ground": "misuse", "reason": ""},

	"draft": object{"id": "x"}, "publish": object{"version": 9, "digest": strings.Repeat("A", 43)}, "supersede": object{"version": 9, "digest": strings.Repeat("A", 43)},
	"repeal": object{"from": "2026-03-01", "by": "x"}, "size-class": object{"industry": "工业", "staff": 1, "revenue": "1.00", "assets": "1.00", "asOf": "2026-01-01"},

	"store": object{"counted": "0 t", "site": "x", "position": "x", "date": "2026-03-01"}, "add": object{"quantity": "0 t", "date": "2026-03-01"},
	"value": object{"source": "", "date": "2026-03-01", "price": "0.00"}, "appoint-supervisor": object{"supervisor": keeper},
	"insure":            object{"insurer": "", "policy": "x", "amount": "0.00", "from": "2026-03-01", "until": "2026-03-01"},
	"establish-control": object{"date": "2026-03-01"}, "set-lines": object{"least": "1.00", "warning": "2.00", "liquidate": "3.00"},
	"call-margin": object{"until": "2026-03-01"}, "stock-take": object{"counted": "0 kg", "date": "2026-03-01"}, "mark-commingled": nil,
	"order-release": object{"quantity": "0 t", "use": "release"}, "freeze": object{"reason": ""}, "unfreeze": nil, "endorse": object{"to": keeper},
	"confirm-endorsement": nil, "pledge": object{"financing": "FIN-0"}, "confirm-pledge": nil, "split": object{"parts": []object{{"id": "a", "quantity": "0 t"}, {"id": "b", "quantity": "0 t"}}},
	"confirm-split": object{"numbers": []string{"1", "2"}}, "merge": object{"others": []string{"a"}, "into": "b"}, "confirm-merge": object{"number": "1"},
	"claim-goods": object{}, "deliver": nil, "recall": nil, "decline": nil, "order-delivery": nil, "expire": nil, "extend": object{"until": "2026-01-01"},
	"set-collection-account": object{"bank": bankA, "number": "x"}, "set-off": object{"amount": "0.00", "claim": "x", "arisen": "2026-03-01", "due": "2026-03-01"},
	"dilute": object{"amount": "0.00", "creditNote": "x", "date": "2026-03-01"}, "prove-notice": object{"proof": "", "received": "2026-03-01T00:00:00.000Z"}, "accept-set-off": object{"claim": "x", "amount": "0.00"}, "strike-pledge": nil, "reissue": object{"redLetter": "26372000000000000009"}, "reinstate": object{"kind": "set-off", "number": "x", "amount": "0.00"}, "transfer": object{"to": keeper}, "accept-transfer": nil, "decline-transfer": nil,
	"recall-transfer": nil, "notify": nil, "acknowledge-notice": nil, "withdraw-notice": nil, "write-off": object{"reason": ""},
	"collect": object{"receivable": "REC-0", "amount": "0.00", "date": "2026-03-01", "reference": "x"}, "buy-back": object{"date": "2026-03-01", "reference": ""},
	"roll-over": object{"from": "ORD-0", "to": []string{"REC-0"}}, "attach-search": object{"sha256": "0000000000000000000000000000000000000000000000000000000000000000", "asOf": "2030-03-01", "grade": "low"}, "release-part": object{"collateral": []string{"REC-0"}},
	"cure": object{"on": "2026-03-01"}, "reverse-repayment": object{"date": "2026-03-01", "reference": "x", "reason": "x"},
	"request-extension": object{"maturity": "2026-01-01", "reason": "x"},
	"change-rate":       object{"from": "2026-01-01", "annualRate": "0.03", "reason": "x"}, "agree-rate": nil,
	"top-up": object{"collateral": []string{"REC-0", "REC-0"}}, "accept-top-up": object{"collateral": []string{"REC-0"}, "number": "1", "registered": "2026-03-01T00:00:00.000Z", "expires": "2026-04-01"},
}

func checkCell(t *testing.T, cell byte, r response) {
	t.Helper()
	p := r.problem()
	switch cell {
	case may:
		if r.status == http.StatusForbidden && p.Code == "ROLE_NOT_PERMITTED" || r.status == http.StatusNotFound || r.status == http.StatusUnauthorized || r.status >= 500 {
			t.Errorf("may, but is answered %d %s", r.status, r.body)
		}
	case role:
		if r.status != http.StatusForbidden || p.Code != "ROLE_NOT_PERMITTED" {
			t.Errorf("has not the role, but is answered %d %s", r.status, r.body)
		}
	case noRecord:
		if r.status != http.StatusNotFound || p.Code != "RECORD_NOT_FOUND" && p.Code != "NOT_FOUND" {
			t.Errorf("must not see the record, but is answered %d %s", r.status, r.body)
		}
	default:
		t.Errorf("no such letter: %c", cell)
	}
}

// matrixRecords makes one record of each kind, and returns their IDs by the prefix of their paths.
func (w *world) matrixRecords() map[string]string {
	w.Helper()
	order := w.delivered("1000000.00")
	rec := w.granted(w.receivable(order, "600000.00"), bankA)
	policy := w.subsidyPolicy()
	loan := w.fixedAsset(bankA, "30000000.00")
	claim := w.act(bankA, "/v1/subsidy/claims", w.holdBody(policy, loan)).ID
	lot := w.storedLot("100 t")
	receipt := w.issuedReceipt(lot, "10 t")
	joined := w.act(bureau, "/v1/subsidy/successions", object{"policy": policy, "old": leader, "heir": rival, "on": w.days(0), "document": "x", "claims": []string{}}).ID
	for _, path := range []string{"/v1/lots/" + lot, "/v1/warehouse-receipts/" + receipt} {
		w.act(supplier, path+"/grant", object{"to": bankA, "until": w.days(90)})
	}
	budget, fund, report := w.fundRecords(policy)
	return map[string]string{"/v1/subsidy/budgets": budget, "/v1/subsidy/funds": fund, "/v1/subsidy/reports": report, "/v1/lots": lot, "/v1/warehouse-receipts": receipt,
		"/v1/orders": order, "/v1/receivables": rec, "/v1/financings": loan, "/v1/subsidy/claims": claim, "/v1/subsidy/successions": joined,
		"/v1/subsidy/policies": policy, "/v1/subsidy/measures": w.draftedMeasure("matrix-notice"), "/v1/imports": "NONE"}
}

// subsidyPolicy publishes the fixtures' policy in force, with the two banks, under an ID of its own.
func (w *world) subsidyPolicy() string {
	w.Helper()
	list := into[struct{ Items []struct{ ID string } }](w, w.get(bureau, "/v1/subsidy/policies"), http.StatusOK)
	i := slices.IndexFunc(list.Items, func(p struct{ ID string }) bool { return p.ID != contract.CreditPolicy })
	policy := into[object](w, w.get(bureau, "/v1/subsidy/policies/"+list.Items[i].ID), http.StatusOK)
	policy["handlingBanks"], policy["id"], policy["version"] = []ident.USCC{bankA, bankB}, "test-subsidy", 1
	w.act(bureau, "/v1/subsidy/policies/test-subsidy", policy)
	return "test-subsidy"
}

func (w *world) holdBody(policy, loan string) object {
	p := into[struct{ Sectors []string }](w, w.get(bankA, "/v1/subsidy/policies/"+policy), http.StatusOK)
	return object{"policy": policy, "financing": loan, "sizeClass": "small", "private": true, "sector": p.Sectors[0]}
}
