package contract_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"decore/chaincode/calendar"
	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/evidence"
	"decore/chaincode/goods"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/chaincode/money"
	"decore/chaincode/order"
	"decore/chaincode/receivable"
)

// unreadable are, for each type of argument, texts that are none of its kind.
var unreadable = map[reflect.Type][]string{
	reflect.TypeFor[money.Amount]():        {`"1000.001"`, `"-1.00"`, `"1e30"`, `"1000000000000000000000000000000"`, `"NaN"`, `"Infinity"`, `"01.00"`, `"1,000.00"`, `"1."`, `".5"`, `""`, `" 1.00"`, `"１.00"`, `1`, `true`, `{}`},
	reflect.TypeFor[money.Rate]():          {`"1.1"`, `"-0.1"`, `"0.123456789"`, `"3.85%"`, `"NaN"`, `""`, `0`},
	reflect.TypeFor[calendar.Date]():       {`"2026-02-29"`, `"2026-02-30"`, `"2026-13-01"`, `"2026-00-10"`, `"2026-1-5"`, `"20260105"`, `"1989-12-31"`, `"2200-01-01"`, `"2026-01-05T00:00:00Z"`, `"yesterday"`, `20260105`},
	reflect.TypeFor[goods.Quantity]():      {`"-1 t"`, `"1"`, `"1 ton"`, `"1t"`, `"1.1234567 t"`, `"1e3 t"`, `"01 t"`, `"1 t t"`, `" 1 t"`, `"1 吨"`, `""`, `1`},
	reflect.TypeFor[ident.USCC]():          {`"9137020099000003XX"`, `"913702009900000335"`, `"91370200990000I33A"`, `"9137020099000003"`, `""`, `91370200`},
	reflect.TypeFor[ident.InvoiceNumber](): {`"2637200000000000001"`, `"263720000000000000012"`, `"2637200000000000000A"`, `""`, `26372000`},
	reflect.TypeFor[evidence.Instant]():    {`"2026-03-02T01:00:00Z"`, `"2026-03-02T01:00:00,000Z"`, `"2026-03-02T01:00:00.000+08:00"`, `"2026-02-30T01:00:00.000Z"`, `""`},
	reflect.TypeFor[int]():                 {`"1"`, `"many"`, `1.5`},
	reflect.TypeFor[bool]():                {`"true"`, `1`},
	reflect.TypeFor[[]string]():            {`"x"`, `[1]`, `{}`},
}

// patched returns arguments as JSON with fields replaced; an empty text leaves a field out.
func patched(t testing.TB, args any, fields map[string]string) jsontext.Value {
	t.Helper()
	raw, err := canon.Marshal(args)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]jsontext.Value{}
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	for name, value := range fields {
		if all[name] = jsontext.Value(value); value == "" {
			delete(all, name)
		}
	}
	raw, err = json.Marshal(all, json.Deterministic(true))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// tryRaw runs a command with arguments that need not fit the verb.
func (w *world) tryRaw(by *contracttest.Actor, verb contract.Verb, id string, args jsontext.Value) contract.Result {
	w.T.Helper()
	in := w.Intent(by, verb.Name, id, nil)
	cmd := evidence.Command{ID: in.ID, Ledger: in.Ledger, Verb: in.Verb, Party: in.Party, Subject: in.Subject, Time: evidence.InstantOf(in.Time), On: in.On}
	var opening []byte
	if verb.Public {
		cmd.Body = args
	} else {
		opening = sealed(w.T, in.ID, string(args))
		cmd.Args = evidence.Commit(opening)
	}
	jws, err := evidence.Sign(cmd, by.Key)
	if err != nil {
		w.T.Fatal(err)
	}
	return w.TryJWS(jws, opening)
}

// usual is a record on which the verb can be used.
func (w *world) usual(v contract.Verb) string {
	if b, ok := special[v.Name][v.Row.From[0]]; ok {
		return b(w)
	}
	return build[v.Table.Kind][v.Row.From[0]](w)
}

// rightSigner is who may use the verb on the records of the builders.
func (w *world) rightSigner(v contract.Verb) *contracttest.Actor {
	relations := w.relations(cell{verb: v, state: v.Row.From[0]})
	for _, a := range w.actors() {
		if v.Row.Permits([]lifecycle.Role{a.Role}, func(as lifecycle.Relation) bool { return relations[as] == a }) {
			return a
		}
	}
	w.T.Fatalf("nobody may %s", v.Name)
	return nil
}

// Every field of every verb, by its type: what cannot be read is invalid, names the field and leaves no trace.
func TestEveryFieldOfEveryVerbRefusesWhatItCannotRead(t *testing.T) {
	t.Parallel()
	base := newMatrixWorld(t)
	base.Admit(newcomer)
	for _, v := range contract.Verbs() {
		if v.Table.Kind == "ledger" || v.Name == "policy.publish" || v.Name == "measure.draft" || v.Table.Kind == "party" {
			continue // public bodies, tested with the founding
		}
		t.Run(v.Name, func(t *testing.T) {
			w := base.fork(t)
			id := w.usual(v)
			args, by := sample[v.Name](w, id), w.rightSigner(v)
			before := w.State.Clone()
			for i := range v.Args.NumField() {
				name, _, _ := strings.Cut(v.Args.Field(i).Tag.Get("json"), ",")
				for _, text := range unreadable[v.Args.Field(i).Type] {
					r := w.tryRaw(by, v, id, patched(t, args, map[string]string{name: text}))
					field, code := "/"+name, "ARGUMENTS_INVALID"
					if text == "1.5" {
						field = "" // no canonical document has it
						if v.Public {
							code = "COMMAND_MALFORMED" // nor any command
						}
					}
					inside := v.Args.Field(i).Type == reflect.TypeFor[[]string]() && r.Field == field+"/0"
					if r.Status != contract.Invalid || r.Code != code || r.Field != field && !inside {
						t.Errorf("%s as %s: got %+v", name, text, r)
					}
				}
			}
			if keys := changed(before, w.State); len(keys) > 0 {
				t.Errorf("it wrote %q", keys)
			}
		})
	}
}

func TestIdentifiersAreNormalisedWhereTheyEnter(t *testing.T) {
	t.Parallel()
	base := newWorld(t)
	wide := func(s string) string { // full-width forms stand 0xFEE0 above
		return strings.Map(func(r rune) rune { return r + 0xFEE0 }, s)
	}
	seller := string(base.SME.USCC)
	create := verbOf(t, "order.create")
	for name, written := range map[string]string{"lower case": strings.ToLower(seller), "full width": wide(seller), "full-width lower case": wide(strings.ToLower(seller)), "with space": "  " + seller + "\u3000"} {
		t.Run(name, func(t *testing.T) {
			w := base.fork(t)
			id := contracttest.NewID("ORD")
			r := w.tryRaw(w.SME, create, id, patched(t, w.orderArgs("1.00"), map[string]string{"seller": fmt.Sprintf("%q", written)}))
			if r.Status != contract.Accepted || opened[order.Terms](w, id).Seller != w.SME.USCC {
				t.Errorf("got %+v", r)
			}
		})
	}
	t.Run("an invoice written in two ways is one", func(t *testing.T) {
		w := base.fork(t)
		args := w.registerArgs(w.deliveredOrder("100.00"), "10.00")
		args.Invoice = "3702000000-12345678"
		w.Do(w.SME, "receivable.register", contracttest.NewID("REC"), args)
		r := w.tryRaw(w.SME, verbOf(t, "receivable.register"), contracttest.NewID("REC"), patched(t, args, map[string]string{"invoice": `"３７０２０００００0 12345678"`}))
		if r.Code != "DUPLICATE_REGISTERED" {
			t.Errorf("got %+v", r)
		}
	})
}

func verbOf(t testing.TB, name string) contract.Verb {
	t.Helper()
	for _, v := range contract.Verbs() {
		if v.Name == name {
			return v
		}
	}
	t.Fatalf("no verb %s", name)
	return contract.Verb{}
}

// wrong is a field that can be read and cannot stand, with what the refusal must say of it.
type wrong struct {
	field, value string // "" leaves the field out
	code, at     string
}

const (
	past, future = `"2020-01-01"`, `"2027-06-01"`
	zero         = `"0.00"`
)

var long = `"` + strings.Repeat("长", 501) + `"`

var wrongs = map[string][]wrong{
	"order.create": {
		{"seller", "", "FIELD_REQUIRED", "/seller"}, {"buyer", "", "FIELD_REQUIRED", "/buyer"}, {"number", "", "FIELD_REQUIRED", "/number"},
		{"buyer", `"SELLER"`, "SAME_PARTY", "/buyer"}, {"seller", `"BUYER"`, "SAME_PARTY", "/buyer"}, {"seller", `"BANK"`, "NOT_PERMITTED", "/party"},
		{"buyer", `"BANK"`, "PARTY_ROLE_MISSING", "/buyer"}, {"buyer", `"STRANGER"`, "PARTY_UNKNOWN", "/buyer"},
		{"signed", "", "FIELD_REQUIRED", "/signed"}, {"signed", future, "DATE_ORDER", "/deliverBy"}, {"deliverBy", "", "FIELD_REQUIRED", "/deliverBy"},
		{"deliverBy", past, "DATE_ORDER", "/deliverBy"}, {"paymentDays", "-1", "FIELD_INVALID", "/paymentDays"}, {"paymentDays", "3651", "FIELD_INVALID", "/paymentDays"},
		{"buyerClass", `"huge"`, "FIELD_INVALID", "/buyerClass"}, {"buyerClass", "", "FIELD_INVALID", "/buyerClass"},
		{"goods", `""`, "FIELD_INVALID", "/goods"}, {"goods", long, "FIELD_INVALID", "/goods"},
		{"amount", zero, "AMOUNT_NOT_POSITIVE", "/amount"}, {"amount", "", "AMOUNT_NOT_POSITIVE", "/amount"},
	},
	"order.amend": {
		{"amount", zero, "AMOUNT_NOT_POSITIVE", "/amount"}, {"deliverBy", "", "FIELD_REQUIRED", "/deliverBy"}, {"deliverBy", past, "DATE_ORDER", "/deliverBy"},
	},
	"order.ship": {
		{"amount", zero, "AMOUNT_NOT_POSITIVE", "/amount"}, {"amount", `"1000.01"`, "OVER_ORDER", "/amount"}, {"date", "", "FIELD_REQUIRED", "/date"},
		{"date", future, "DATE_IN_FUTURE", "/date"}, {"date", past, "DATE_ORDER", "/date"}, {"note", "", "FIELD_REQUIRED", "/note"},
	},
	"order.accept": {
		{"amount", zero, "AMOUNT_NOT_POSITIVE", "/amount"}, {"amount", `"600.01"`, "OVER_DELIVERY", "/amount"}, {"date", "", "FIELD_REQUIRED", "/date"},
		{"date", future, "DATE_IN_FUTURE", "/date"}, {"date", past, "DATE_ORDER", "/date"},
	},
	"receivable.register": {
		{"order", `"ORD-01ARZ3NDEKTSV4RRFFQ69G5FAV"`, "RECORD_NOT_FOUND", "/order"}, {"order", "", "RECORD_NOT_FOUND", "/order"}, {"order", `"ledger"`, "RECORD_NOT_FOUND", "/order"},
		{"instrument", `"bill"`, "FIELD_INVALID", "/instrument"}, {"invoice", "", "FIELD_REQUIRED", "/invoice"},
		{"invoice", `"25372000000000000001"`, "INVOICE_YEAR", "/invoice"}, {"issued", "", "FIELD_REQUIRED", "/issued"}, {"issued", future, "DATE_IN_FUTURE", "/issued"},
		{"due", "", "FIELD_REQUIRED", "/due"}, {"due", past, "DATE_ORDER", "/due"}, {"amount", zero, "AMOUNT_NOT_POSITIVE", "/amount"}, {"amount", `"1000.01"`, "OVER_DELIVERY", "/amount"},
	},
	"receivable.dispute": {
		{"amount", zero, "AMOUNT_NOT_POSITIVE", "/amount"}, {"amount", `"1000.01"`, "OVER_OUTSTANDING", "/amount"}, {"reason", "", "FIELD_INVALID", "/reason"}, {"reason", long, "FIELD_INVALID", "/reason"},
	},
	"receivable.pay": {
		{"amount", zero, "AMOUNT_NOT_POSITIVE", "/amount"}, {"amount", `"1000.01"`, "OVER_OUTSTANDING", "/amount"}, {"date", "", "FIELD_REQUIRED", "/date"},
		{"date", future, "DATE_IN_FUTURE", "/date"}, {"reference", "", "FIELD_INVALID", "/reference"}, {"reference", long, "FIELD_INVALID", "/reference"},
	},
	"receivable.grant": {
		{"to", "", "PARTY_UNKNOWN", "/to"}, {"until", "", "DATE_ORDER", "/until"}, {"until", past, "DATE_ORDER", "/until"},
	},
	"financing.apply": {
		{"lender", "", "FIELD_REQUIRED", "/lender"}, {"lender", `"SELLER"`, "SAME_PARTY", "/lender"}, {"lender", `"BUYER"`, "PARTY_ROLE_MISSING", "/lender"},
		{"product", `"bond"`, "FIELD_INVALID", "/product"}, {"product", `"working-capital"`, "COLLATERAL_FORBIDDEN", "/collateral"}, {"amount", zero, "AMOUNT_NOT_POSITIVE", "/amount"},
		{"product", `"order-loan"`, "RECORD_NOT_FOUND", "/collateral/0"}, {"tenorMonths", "0", "FIELD_INVALID", "/tenorMonths"}, {"tenorMonths", "361", "FIELD_INVALID", "/tenorMonths"},
		{"purpose", "", "FIELD_INVALID", "/purpose"}, {"purpose", long, "FIELD_INVALID", "/purpose"}, {"collateral", "", "COLLATERAL_REQUIRED", "/collateral"},
		{"collateral", `["x","x"]`, "FIELD_INVALID", "/collateral"}, {"collateral", `["x"]`, "RECORD_NOT_FOUND", "/collateral/0"},
		{"collateral", `["` + strings.Repeat(`x","`, 50) + `y"]`, "FIELD_INVALID", "/collateral"},
	},
	"financing.offer": {
		{"amount", zero, "AMOUNT_NOT_POSITIVE", "/amount"}, {"amount", `"600.01"`, "OVER_ADVANCE", "/amount"}, {"annualRate", "", "FIELD_REQUIRED", "/annualRate"},
		{"maturity", "", "DATE_ORDER", "/maturity"}, {"maturity", past, "DATE_ORDER", "/maturity"}, {"validUntil", past, "DATE_ORDER", "/validUntil"},
	},
	"financing.reserve": {
		{"hours", "0", "FIELD_INVALID", "/hours"}, {"hours", "-5", "FIELD_INVALID", "/hours"}, {"hours", "73", "RESERVATION_TOO_LONG", "/hours"}, {"hours", "9007199254740991", "RESERVATION_TOO_LONG", "/hours"},
	},
	"financing.encumber": {
		{"number", "", "REGISTRATION_INVALID", "/number"}, {"number", long, "REGISTRATION_INVALID", "/number"}, {"registered", "", "DATE_IN_FUTURE", "/registered"},
		{"registered", `"2027-01-01T00:00:00.000Z"`, "DATE_IN_FUTURE", "/registered"}, {"expires", "", "REGISTRATION_INVALID", "/expires"},
		{"expires", `"2026-03-10"`, "REGISTRATION_INVALID", "/expires"}, {"expires", `"2026-05-10"`, "REGISTRATION_INVALID", "/expires"}, {"expires", `"2199-01-01"`, "REGISTRATION_INVALID", "/expires"},
	},
	"financing.disburse": {
		{"amount", zero, "AMOUNT_NOT_POSITIVE", "/amount"}, {"amount", `"500.01"`, "OVER_OFFER", "/amount"}, {"date", "", "FIELD_REQUIRED", "/date"},
		{"date", future, "DATE_IN_FUTURE", "/date"}, {"reference", "", "FIELD_INVALID", "/reference"},
	},
	"financing.record": {
		{"applicant", "", "FIELD_REQUIRED", "/applicant"}, {"applicant", `"BANK"`, "SAME_PARTY", "/applicant"}, {"applicant", `"BUYER"`, "PARTY_ROLE_MISSING", "/applicant"},
		{"product", `"receivable-loan"`, "EXISTING_LOAN_SECURED", "/product"}, {"amount", zero, "AMOUNT_NOT_POSITIVE", "/amount"}, {"disbursed", future, "DATE_IN_FUTURE", "/disbursed"},
		{"signed", future, "DATE_ORDER", "/signed"}, {"maturity", past, "DATE_ORDER", "/maturity"}, {"entrustedPaid", future, "DATE_IN_FUTURE", "/entrustedPaid"}, {"reference", "", "FIELD_INVALID", "/reference"},
	},
	"financing.repay": {
		{"principal", `"500.01"`, "OVER_OUTSTANDING", "/principal"}, {"date", "", "FIELD_REQUIRED", "/date"}, {"date", future, "DATE_IN_FUTURE", "/date"},
		{"date", past, "DATE_ORDER", "/date"}, {"reference", "", "FIELD_INVALID", "/reference"},
	},
	"subsidy.hold": {
		{"policy", "", "POLICY_UNKNOWN", "/policy"}, {"policy", `"nothing"`, "POLICY_UNKNOWN", "/policy"}, {"policy", `"credit"`, "POLICY_UNKNOWN", "/policy"},
		{"policy", `"subsidy-sme-2026/000001"`, "POLICY_UNKNOWN", "/policy"}, {"policy", `"credit/000001"`, "POLICY_UNKNOWN", "/policy"},
		{"financing", "", "RECORD_NOT_FOUND", "/financing"}, {"financing", `"nothing"`, "RECORD_NOT_FOUND", "/financing"}, {"sizeClass", `"vast"`, "INVALID_FACTS", "/sizeClass"},
		{"entrustedPaid", past, "INVALID_FACTS", "/entrustedPaid"}, {"entrustedPaid", future, "DATE_IN_FUTURE", "/entrustedPaid"}, {"sector", `"赌博"`, "SECTOR_NOT_LISTED", "/sector"}, {"sector", long, "INVALID_FACTS", "/sector"},
	},
	"subsidy.accrue": {{"through", future, "DATE_IN_FUTURE", "/through"}, {"through", "", "FIELD_REQUIRED", "/through"}},
	"subsidy.restate": {{"entrustedPaid", "", "FIELD_REQUIRED", "/entrustedPaid"}, {"entrustedPaid", future, "DATE_IN_FUTURE", "/entrustedPaid"}, {"entrustedPaid", past, "DATE_ORDER", "/entrustedPaid"},
		{"otherSubsidy", `"0"`, "FIELD_INVALID", "/otherSubsidy"}, {"otherCentralSubsidy", `false`, "FIELD_INVALID", "/otherCentralSubsidy"},
		{"reason", "", "FIELD_INVALID", "/reason"}, {"reason", long, "FIELD_INVALID", "/reason"}},
	"subsidy.settle":    {{"amount", zero, "SETTLE_AMOUNT", "/amount"}, {"amount", `"99999999.00"`, "SETTLE_AMOUNT", "/amount"}},
	"subsidy.claw-back": {{"ground", "", "FIELD_INVALID", "/ground"}, {"ground", `"mood"`, "FIELD_INVALID", "/ground"}, {"reason", "", "FIELD_INVALID", "/reason"}, {"reason", long, "FIELD_INVALID", "/reason"}},
}

// inState names the state in which a verb's wrong arguments are tried, where it is not its first.
var inState = map[string]lifecycle.State{"order.amend": order.Attested, "financing.disburse": "encumbered", "receivable.dispute": receivable.Registered}

func TestEveryWrongFieldIsNamed(t *testing.T) {
	t.Parallel()
	base := newMatrixWorld(t)
	names := strings.NewReplacer("SELLER", string(base.SME.USCC), "BUYER", string(base.Leader.USCC), "BANK", string(base.BankA.USCC), "STRANGER", string(newcomer.USCC), "KEEPER", string(base.Keeper.USCC))
	for name, table := range wrongs {
		t.Run(name, func(t *testing.T) {
			v := verbOf(t, name)
			state, ok := inState[name]
			if !ok {
				state = v.Row.From[0]
			}
			ready := base.fork(t)
			builder := build[v.Table.Kind][state]
			if b, ok := special[name][state]; ok {
				builder = b
			}
			id := builder(ready)
			args, by := sample[name](ready, id), ready.rightSigner(v)
			for _, f := range table {
				w := ready.fork(t)
				r := w.tryRaw(by, v, id, patched(t, args, map[string]string{f.field: names.Replace(f.value)}))
				if r.Status != contract.Refused || r.Code != f.code || r.Field != f.at {
					t.Errorf("%s %.40s: got %+v, want %s at %q", f.field, f.value, r, f.code, f.at)
				}
			}
			if r := ready.tryRaw(by, v, id, patched(t, args, nil)); r.Status != contract.Accepted {
				t.Errorf("as it should be: got %+v", r)
			}
		})
	}
}

func TestATextThatIsNotShownAsItIsIsRefusedByEveryVerb(t *testing.T) {
	t.Parallel()
	m := matrix{newMatrixWorld(t), map[string]*world{}, map[string]string{}}
	illegible := 0
	for _, verb := range contract.Verbs() {
		if verb.Name == "ledger.found" {
			continue
		}
		ready, id := m.ready(t, verb, verb.Row.From[0])
		args, by := sample[verb.Name](ready, id), ready.rightSigner(verb)
		raw, err := canon.Marshal(args)
		if err != nil {
			t.Fatal(err)
		}
		var fields map[string]any
		if err := json.Unmarshal(raw, &fields); err != nil {
			t.Fatal(err)
		}
		for name, value := range fields {
			text, isText := value.(string)
			if !isText {
				continue
			}
			for _, wrong := range []string{text + "\u202e", "   "} {
				changed := maps.Clone(fields)
				changed[name] = wrong
				r := ready.fork(t).Try(by, verb.Name, id, changed)
				if r.Status != contract.Invalid || r.Field != "/"+name || !slices.Contains([]string{"TEXT_ILLEGIBLE", "ARGUMENTS_INVALID"}, r.Code) {
					t.Errorf("%s with %s turned around or blank: %+v", verb.Name, name, r)
				}
				if r.Code == "TEXT_ILLEGIBLE" {
					illegible++
				}
			}
		}
	}
	if illegible < 80 {
		t.Errorf("only %d texts were tried", illegible)
	}
}
