package contract_test

import (
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/evidence"
	"decore/chaincode/party"
)

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// forge signs any header and payload under ES256.
func forge(t testing.TB, header string, payload []byte, key *ecdsa.PrivateKey) string {
	t.Helper()
	input := b64([]byte(header)) + "." + b64(payload)
	sum := sha256.Sum256([]byte(input))
	r, s, err := ecdsa.Sign(rand.Reader, key, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	sig := append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	return input + "." + b64(sig)
}

func headerFor(alg, kid string) string {
	return fmt.Sprintf(`{"alg":%q,"kid":%q,"typ":"decore-command+jws"}`, alg, kid)
}

func payloadOf(t testing.TB, jws string) []byte {
	t.Helper()
	cmd, err := evidence.Parse(jws)
	if err != nil {
		t.Fatal(err)
	}
	return cmd.Payload
}

// untouched runs a command that must be invalid with the code and leave no trace.
func (w *world) untouched(code, jws string, openings ...[]byte) {
	w.T.Helper()
	before := w.State.Clone()
	r := w.run(batch([]string{jws}, openings...))[0]
	if r.Status != contract.Invalid || r.Code != code {
		w.T.Errorf("got %+v, want %s", r, code)
	}
	if keys := changed(before, w.State); len(keys) > 0 {
		w.T.Errorf("it wrote %q", keys)
	}
}

func TestNoByteOfACommandCanBeAltered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	jws, opening := w.Sign(w.SME, "order.create", contracttest.NewID("ORD"), w.orderArgs("1000.00"))
	allowed := map[string]bool{"COMMAND_MALFORMED": true, "SIGNATURE_INVALID": true, "WRONG_LEDGER": true, "UNKNOWN_VERB": true,
		"PARTY_UNKNOWN": true, "KEY_UNKNOWN": true, "KEY_NOT_VALID": true, "COMMAND_TOO_OLD": true, "COMMAND_FROM_FUTURE": true}
	try := func(name, forged string) {
		before := w.State.Clone()
		r := w.run(batch([]string{forged}, opening))[0]
		if r.Status != contract.Invalid || !allowed[r.Code] || len(changed(before, w.State)) > 0 {
			t.Fatalf("%s: got %+v", name, r)
		}
	}
	for i := range len(jws) {
		for _, c := range []byte{'A', 'B', 'w', '.', '\n'} {
			if jws[i] != c {
				try(fmt.Sprintf("byte %d made %q", i, c), jws[:i]+string(c)+jws[i+1:])
			}
		}
		try(fmt.Sprintf("byte %d left out", i), jws[:i]+jws[i+1:])
		if i%16 == 0 { // decoders are wont to skip line breaks and padding
			for _, c := range []string{"\n", "\r", "=", " "} {
				try(fmt.Sprintf("%q put in at %d", c, i), jws[:i]+c+jws[i:])
			}
		}
	}
	for _, c := range []string{"\n", "\r\n", "=", "."} {
		try(fmt.Sprintf("%q put at the end", c), jws+c)
	}
	if r := w.TryJWS(jws, opening); r.Status != contract.Accepted {
		t.Fatalf("the command as it was signed: %+v", r)
	}
}

// The payload is altered in its JSON, not in its base64: every field that a forger may want.
func TestNoFieldOfACommandCanBeAlteredOrItsHeaderExchanged(t *testing.T) {
	t.Parallel()
	base := newWorld(t)
	jws, opening := base.Sign(base.SME, "order.create", contracttest.NewID("ORD"), base.orderArgs("1000.00"))
	payload := payloadOf(t, jws)
	parts := strings.Split(jws, ".")
	kid, kid2 := evidence.KeyID(&base.SME.Key.PublicKey), evidence.KeyID(&base.SME2.Key.PublicKey)
	mac := hmac.New(sha256.New, []byte(evidence.NewJWK(&base.SME.Key.PublicKey).X))
	for name, c := range map[string]struct{ jws, code string }{
		"signed by another party's key under its own kid":  {forge(t, headerFor("ES256", kid2), payload, base.SME2.Key), "KEY_UNKNOWN"},
		"signed by another party's key under the true kid": {forge(t, headerFor("ES256", kid), payload, base.SME2.Key), "SIGNATURE_INVALID"},
		"the true signature under another party's kid":     {b64([]byte(headerFor("ES256", kid2))) + "." + parts[1] + "." + parts[2], "KEY_UNKNOWN"},
		"an unknown kid":                    {forge(t, headerFor("ES256", "nobody"), payload, base.SME.Key), "KEY_UNKNOWN"},
		"no kid":                            {forge(t, `{"alg":"ES256","typ":"decore-command+jws"}`, payload, base.SME.Key), "KEY_UNKNOWN"},
		"alg none":                          {b64([]byte(headerFor("none", kid))) + "." + parts[1] + ".", "COMMAND_MALFORMED"},
		"alg none with a signature":         {forge(t, headerFor("none", kid), payload, base.SME.Key), "COMMAND_MALFORMED"},
		"alg HS256 keyed by the public key": {b64([]byte(headerFor("HS256", kid))) + "." + parts[1] + "." + b64(mac.Sum(nil)), "COMMAND_MALFORMED"},
		"alg ES384":                         {forge(t, headerFor("ES384", kid), payload, base.SME.Key), "COMMAND_MALFORMED"},
		"a token of another type":           {forge(t, fmt.Sprintf(`{"alg":"ES256","kid":%q,"typ":"JWT"}`, kid), payload, base.SME.Key), "COMMAND_MALFORMED"},
		"a header with a key of its own":    {forge(t, fmt.Sprintf(`{"alg":"ES256","jwk":{},"kid":%q,"typ":"decore-command+jws"}`, kid), payload, base.SME.Key), "COMMAND_MALFORMED"},
		"a header out of order":             {forge(t, fmt.Sprintf(`{"kid":%q,"alg":"ES256","typ":"decore-command+jws"}`, kid), payload, base.SME.Key), "COMMAND_MALFORMED"},
		"no signature":                      {parts[0] + "." + parts[1] + ".", "COMMAND_MALFORMED"},
		"an empty signature":                {parts[0] + "." + parts[1] + "." + b64(make([]byte, 64)), "SIGNATURE_INVALID"},
		"four parts":                        {jws + ".x", "COMMAND_MALFORMED"},
		"too long":                          {jws + strings.Repeat("A", evidence.MaxCommandBytes), "COMMAND_MALFORMED"},
		"nothing":                           {"", "COMMAND_MALFORMED"},
		"white space in the payload":        {forge(t, headerFor("ES256", kid), append(payload, ' '), base.SME.Key), "COMMAND_MALFORMED"},
		"an unknown field in the payload":   {forge(t, headerFor("ES256", kid), []byte(`{"a":1,`+string(payload[1:])), base.SME.Key), "COMMAND_MALFORMED"},
	} {
		t.Run(name, func(t *testing.T) { base.fork(t).untouched(c.code, c.jws, opening) })
	}
}

func TestACommandIsMeantForOneLedgerAndTime(t *testing.T) {
	t.Parallel()
	base := newWorld(t)
	for name, c := range map[string]struct {
		change func(*contract.Intent)
		code   string // "" is accepted
	}{
		"another ledger":                       {func(in *contract.Intent) { in.Ledger = "test2" }, "WRONG_LEDGER"},
		"as old as the policy tolerates":       {func(in *contract.Intent) { in.Time = in.Time.Add(-days) }, "KEY_NOT_VALID"}, // its key is younger
		"older than the policy tolerates":      {func(in *contract.Intent) { in.Time = in.Time.Add(-days - time.Millisecond) }, "COMMAND_TOO_OLD"},
		"a year old":                           {func(in *contract.Intent) { in.Time = in.Time.Add(-365 * days) }, "COMMAND_TOO_OLD"},
		"as far ahead as the policy tolerates": {func(in *contract.Intent) { in.Time = in.Time.Add(5 * time.Minute) }, ""},
		"further ahead":                        {func(in *contract.Intent) { in.Time = in.Time.Add(5*time.Minute + time.Millisecond) }, "COMMAND_FROM_FUTURE"},
		"of the year 9999":                     {func(in *contract.Intent) { in.Time = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC) }, "COMMAND_FROM_FUTURE"},
		"of the year 0":                        {func(in *contract.Intent) { in.Time = time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC) }, "COMMAND_TOO_OLD"},
	} {
		t.Run(name, func(t *testing.T) {
			w := base.fork(t)
			in := w.Intent(w.SME, "order.create", contracttest.NewID("ORD"), w.orderArgs("1000.00"))
			c.change(&in)
			jws, opening := w.SignIntent(w.SME, in)
			if c.code != "" {
				w.untouched(c.code, jws, opening)
			} else if r := w.TryJWS(jws, opening); r.Status != contract.Accepted {
				t.Errorf("got %+v", r)
			}
		})
	}
	t.Run("a verb that is not there", func(t *testing.T) {
		w := base.fork(t)
		cmd := evidence.Command{ID: w.Intent(w.SME, "order.create", "x", nil).ID, Ledger: w.Name, Verb: "order.steal", Party: w.SME.USCC,
			Subject: "x", Time: evidence.InstantOf(w.State.Now)}
		jws, err := evidence.Sign(cmd, w.SME.Key)
		if err != nil {
			t.Fatal(err)
		}
		w.untouched("UNKNOWN_VERB", jws)
	})
}

func TestKeysHoldInTheirTime(t *testing.T) {
	t.Parallel()
	base := newWorld(t)
	base.Pass(2 * days)
	next := *base.SME
	next.Key = contracttest.NewKey()
	change := func(w *world, verb string, by *contracttest.Actor) {
		w.Do(by, verb, string(w.SME.USCC), party.KeyArgs{Key: evidence.NewJWK(&next.Key.PublicKey)})
	}
	signedAt := func(w *world, by *contracttest.Actor, at time.Time) (string, []byte) {
		in := w.Intent(by, "order.create", contracttest.NewID("ORD"), w.orderArgs("1000.00"))
		in.Time = at
		return w.SignIntent(by, in)
	}
	accepted := func(w *world, jws string, opening []byte) {
		w.T.Helper()
		if r := w.TryJWS(jws, opening); r.Status != contract.Accepted {
			w.T.Errorf("got %+v", r)
		}
	}
	t.Run("a rotated-out key is good for what was signed before, within the policy's age", func(t *testing.T) {
		w := base.fork(t)
		change(w, "party.rotate-key", w.SME)
		rotated := w.State.Now
		w.Pass(hour)
		jws, opening := signedAt(w, w.SME, rotated.Add(-time.Millisecond))
		accepted(w, jws, opening)
		jws, opening = signedAt(w, w.SME, rotated)
		w.untouched("KEY_NOT_VALID", jws, opening)
		jws, opening = signedAt(w, &next, w.State.Now)
		accepted(w, jws, opening)
	})
	t.Run("a revoked key is good for nothing, whatever time is claimed", func(t *testing.T) {
		w := base.fork(t)
		jws, opening := signedAt(w, w.SME, w.State.Now)
		change(w, "party.revoke-key", w.Regulator)
		w.untouched("KEY_NOT_VALID", jws, opening)
		jws, opening = signedAt(w, &next, w.State.Now)
		accepted(w, jws, opening)
	})
	t.Run("a new key is not good for times before it, but for the tolerance of clocks", func(t *testing.T) {
		w := base.fork(t)
		change(w, "party.rotate-key", w.SME)
		jws, opening := signedAt(w, &next, w.State.Now.Add(-6*time.Minute))
		w.untouched("KEY_NOT_VALID", jws, opening)
	})
	t.Run("in one batch, commands before and after the rotation are judged by their place", func(t *testing.T) {
		w := base.fork(t)
		before, o1 := signedAt(w, w.SME, w.State.Now)
		rotate, _ := w.Sign(w.SME, "party.rotate-key", string(w.SME.USCC), party.KeyArgs{Key: evidence.NewJWK(&next.Key.PublicKey)})
		after, o2 := signedAt(w, w.SME, w.State.Now)
		fresh, o3 := signedAt(w, &next, w.State.Now)
		rs := w.run(batch([]string{before, rotate, after, fresh}, o1, o2, o3))
		got := []string{rs[0].Code, rs[1].Code, rs[2].Code, rs[3].Code}
		if strings.Join(got, ",") != ",,KEY_NOT_VALID," {
			t.Errorf("got %q", got)
		}
	})
	t.Run("no key comes back", func(t *testing.T) {
		w := base.fork(t)
		change(w, "party.revoke-key", w.Regulator)
		w.Refuse("KEY_EXISTS", &next, "party.rotate-key", string(w.SME.USCC), party.KeyArgs{Key: evidence.NewJWK(&w.SME.Key.PublicKey)})
	})
	t.Run("a suspended party's command is refused until it is reinstated", func(t *testing.T) {
		w := base.fork(t)
		w.Do(w.Regulator, "party.suspend", string(w.SME.USCC), party.ReasonArgs{Reason: "inquiry"})
		jws, opening := signedAt(w, w.SME, w.State.Now)
		w.untouched("PARTY_NOT_ACTIVE", jws, opening)
		w.Do(w.Regulator, "party.reinstate", string(w.SME.USCC), party.ReasonArgs{})
		accepted(w, jws, opening)
	})
	t.Run("a party that nobody registered is unknown", func(t *testing.T) {
		w := base.fork(t)
		jws, opening := signedAt(w, newcomer, w.State.Now)
		w.untouched("PARTY_UNKNOWN", jws, opening)
	})
	t.Run("a party has at most its number of keys", func(t *testing.T) {
		w := base.fork(t)
		for range party.MaxKeys - 1 {
			w.Do(w.SME, "party.rotate-key", string(w.SME.USCC), party.KeyArgs{Key: evidence.NewJWK(&next.Key.PublicKey)})
			w.SME = &contracttest.Actor{USCC: next.USCC, Org: next.Org, Role: next.Role, Key: next.Key}
			next.Key = contracttest.NewKey()
			w.Pass(time.Second)
		}
		w.Refuse("TOO_MANY", w.SME, "party.rotate-key", string(w.SME.USCC), party.KeyArgs{Key: evidence.NewJWK(&next.Key.PublicKey)})
	})
}

// sealed makes an opening of any JSON terms.
func sealed(t testing.TB, about, terms string) []byte {
	t.Helper()
	raw := []byte(fmt.Sprintf(`{"about":%q,"salt":%q,"terms":%s}`, about, b64(contracttest.Salt()), terms))
	return raw
}

func TestArgumentsAreWhatTheSignerCommittedTo(t *testing.T) {
	t.Parallel()
	base := newWorld(t)
	good, err := canon.Marshal(base.orderArgs("1000.00"))
	if err != nil {
		t.Fatal(err)
	}
	// signed makes a create command that commits to the opening.
	signed := func(w *world, opening func(id string) []byte) (string, []byte) {
		in := w.Intent(w.SME, "order.create", contracttest.NewID("ORD"), nil)
		raw := opening(in.ID)
		jws, err := evidence.Sign(evidence.Command{ID: in.ID, Ledger: in.Ledger, Verb: in.Verb, Party: in.Party, Subject: in.Subject,
			Time: evidence.InstantOf(in.Time), Args: evidence.Commit(raw)}, w.SME.Key)
		if err != nil {
			t.Fatal(err)
		}
		return jws, raw
	}
	deep := strings.Repeat(`[`, 14) + strings.Repeat(`]`, 14) // as deep as the form allows
	for name, c := range map[string]struct{ terms, code, field string }{
		"as they should be":       {string(good), "", ""},
		"an unknown field":        {`{"a":1,` + string(good[1:]), "ARGUMENTS_INVALID", "/a"},
		"an unknown long field":   {`{"` + strings.Repeat("a", 200) + `":1,` + string(good[1:]), "ARGUMENTS_INVALID", ""},
		"a wrong type":            {strings.Replace(string(good), `"1000.00"`, `1000`, 1), "ARGUMENTS_INVALID", "/amount"},
		"a list for an object":    {`[]`, "ARGUMENTS_INVALID", ""},
		"a field twice":           {`{"amount":"1.00",` + string(good[1:]), "ARGUMENTS_INVALID", ""},
		"fields out of order":     {`{"seller":"x","amount":"1.00"}`, "ARGUMENTS_INVALID", ""},
		"white space":             {`{ }`, "ARGUMENTS_INVALID", ""},
		"no JSON":                 {`{`, "ARGUMENTS_INVALID", ""},
		"deep nesting":            {`{"amount":` + deep + `}`, "ARGUMENTS_INVALID", "/amount"},
		"nesting past all bounds": {`{"amount":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}`, "ARGUMENTS_INVALID", ""},
		"as large as a record":    {`{"goods":"` + strings.Repeat("x", 256<<10) + `"}`, "ARGUMENTS_INVALID", ""},
		"huge":                    {`{"goods":"` + strings.Repeat("x", canon.MaxBytes) + `"}`, "ARGUMENTS_INVALID", ""},
		"a fraction":              {strings.Replace(string(good), `"paymentDays":60`, `"paymentDays":60.5`, 1), "ARGUMENTS_INVALID", ""},
		"null":                    {`null`, "ARGUMENTS_INVALID", ""},
	} {
		t.Run("private arguments, "+name, func(t *testing.T) {
			w := base.fork(t)
			jws, raw := signed(w, func(id string) []byte { return sealed(t, id, c.terms) })
			r := w.fork(t).TryJWS(jws, raw)
			if c.code == "" && r.Status == contract.Accepted {
				return
			}
			if r.Code != c.code || r.Field != c.field {
				t.Errorf("got %+v, want %s at %q", r, c.code, c.field)
			}
			w.untouched(c.code, jws, raw)
		})
	}
	t.Run("an opening of other arguments about the same command", func(t *testing.T) {
		w := base.fork(t)
		jws, raw := signed(w, func(id string) []byte { return sealed(t, id, string(good)) })
		w.untouched("COMMITMENT_MISMATCH", jws, []byte(strings.Replace(string(raw), "1000.00", "9000.00", 1)))
		w.untouched("COMMITMENT_MISMATCH", jws, append(raw[:len(raw):len(raw)], ' '), []byte(strings.Replace(string(raw), "1000.00", "1000.01", 1)))
	})
	t.Run("an opening about another command", func(t *testing.T) {
		w := base.fork(t)
		jws, raw := signed(w, func(string) []byte { return sealed(t, "01ARZ3NDEKTSV4RRFFQ69G5FAV", string(good)) })
		w.untouched("COMMITMENT_MISMATCH", jws, raw)
	})
	t.Run("an opening with too little salt", func(t *testing.T) {
		w := base.fork(t)
		jws, raw := signed(w, func(id string) []byte {
			return []byte(fmt.Sprintf(`{"about":%q,"salt":"AAAA","terms":%s}`, id, good))
		})
		w.untouched("ARGUMENTS_INVALID", jws, raw)
	})
	t.Run("no opening", func(t *testing.T) {
		w := base.fork(t)
		jws, _ := signed(w, func(id string) []byte { return sealed(t, id, string(good)) })
		w.untouched("ARGUMENTS_MISSING", jws)
	})
	t.Run("a forged opening beside the true one does no harm", func(t *testing.T) {
		for _, order := range [][2]int{{0, 1}, {1, 0}} {
			w := base.fork(t)
			jws, raw := signed(w, func(id string) []byte { return sealed(t, id, string(good)) })
			both := [][]byte{raw, []byte(strings.Replace(string(raw), "1000.00", "9000.00", 1))}
			if r := w.run(batch([]string{jws}, both[order[0]], both[order[1]]))[0]; r.Status != contract.Accepted {
				t.Errorf("got %+v", r)
			}
		}
	})
	for name, change := range map[string]func(*evidence.Command){
		"a public body on a private verb":         func(c *evidence.Command) { c.Body = good },
		"no commitment":                           func(c *evidence.Command) { c.Args = "" },
		"a body in place of the private argument": func(c *evidence.Command) { c.Args, c.Body = "", good },
	} {
		t.Run(name, func(t *testing.T) {
			w := base.fork(t)
			in := w.Intent(w.SME, "order.create", contracttest.NewID("ORD"), w.orderArgs("1000.00"))
			cmd, raw, err := contract.Compose(in)
			if err != nil {
				t.Fatal(err)
			}
			change(&cmd)
			jws, err := evidence.Sign(cmd, w.SME.Key)
			if err != nil {
				t.Fatal(err)
			}
			code := "ARGUMENTS_INVALID"
			if len(cmd.Body) == 0 {
				code = "ARGUMENTS_MISSING"
			}
			w.untouched(code, jws, raw)
		})
	}
	for name, c := range map[string]struct {
		change func(*evidence.Command)
		code   string
	}{
		"a commitment on a public verb": {func(c *evidence.Command) { c.Args = evidence.Commit(nil) }, "ARGUMENTS_INVALID"},
		"no body on a public verb":      {func(c *evidence.Command) { c.Body = nil }, "ARGUMENTS_MISSING"},
		"a null body":                   {func(c *evidence.Command) { c.Body = []byte("null") }, "ARGUMENTS_INVALID"},
		"a body with an unknown field":  {func(c *evidence.Command) { c.Body = []byte(`{"x":1}`) }, "ARGUMENTS_INVALID"},
	} {
		t.Run(name, func(t *testing.T) {
			w := base.fork(t)
			cmd, _, err := contract.Compose(w.Intent(w.SME, "party.rotate-key", string(w.SME.USCC), freshKey(w, "")))
			if err != nil {
				t.Fatal(err)
			}
			c.change(&cmd)
			jws, err := evidence.Sign(cmd, w.SME.Key)
			if err != nil {
				t.Fatal(err)
			}
			w.untouched(c.code, jws)
		})
	}
}
