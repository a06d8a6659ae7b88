package api

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"decore/chaincode/contract"
	"decore/chaincode/evidence"
	"decore/chaincode/fault"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/chaincode/party"
	"decore/gateway/keystore"
	"decore/gateway/problem"
	"decore/gateway/projection"
)

// Registration registers a party. Without a key the gateway makes one and keeps it for the party, if it is of the
// gateway's own organisation.
type Registration struct {
	USCC    ident.USCC       `json:"uscc" doc:"Unified social credit code (统一社会信用代码)"`
	Name    string           `json:"name" doc:"Registered name (名称)" minLength:"1" maxLength:"100"`
	English string           `json:"english,omitempty" doc:"Name in English (英文名称)" maxLength:"200"`
	Roles   []lifecycle.Role `json:"roles" doc:"What the party may act as (角色)" minItems:"1" maxItems:"8" enum:"sme,leader,bank,keeper,guarantor,insurer,platform,regulator"`
	Org     string           `json:"org" doc:"MSP ID of the hosting organisation (所属组织)" minLength:"1" maxLength:"64"`
	Key     *evidence.JWK    `json:"key,omitempty" doc:"ES256 public key, when the party keeps its own (公钥)"`
}

// NewKey replaces a party's key. Without a key the gateway makes one, for a party that it hosts.
type NewKey struct {
	Key *evidence.JWK `json:"key,omitempty" doc:"The new ES256 public key, when the party keeps its own (新公钥)"`
}

// PartyPath names a party.
type PartyPath struct {
	USCC string `path:"uscc" maxLength:"40" doc:"Unified social credit code (统一社会信用代码)"`
}

// WriteParty is a write to a party.
type WriteParty struct {
	PartyPath
	Write
}

// PartyFilter selects parties.
type PartyFilter struct {
	Paging
	Role  string `query:"role" enum:"sme,leader,bank,keeper,guarantor,insurer,platform,regulator" doc:"Role (角色)"`
	State string `query:"state" enum:"pending,active,suspended" doc:"State (状态)"`
}

func (a *API) partyRoutes() {
	handle(a, route{method: http.MethodGet, path: "/v1/parties", id: "party.list", tag: tagParty, en: "List parties", zh: "查询参与方列表",
		answer: reflect.TypeFor[Page[party.Party]]()}, func(ctx context.Context, _ *exchange, in *PartyFilter) (*reply, error) { return a.parties(ctx, in) })
	handle(a, route{method: http.MethodGet, path: "/v1/parties/{uscc}", id: "party.get", tag: tagParty, en: "Read a party", zh: "查询参与方",
		answer: reflect.TypeFor[party.Party]()}, func(ctx context.Context, _ *exchange, in *PartyPath) (*reply, error) {
		p, err := a.registered(ctx, in.USCC)
		if err != nil {
			return nil, err
		}
		out, err := answer(http.StatusOK, p)
		if err == nil {
			out.ETag = etag(p.Version)
		}
		return out, err
	})
	for _, v := range contract.Verbs() {
		if v.Table == party.Table {
			a.partyVerbRoute(v)
		}
	}
}

// partyVerbs says how the body of each verb becomes its arguments; a key that is left out is one that the gateway makes.
var partyVerbs = map[string]struct {
	body reflect.Type
	args func(a *API, e *exchange, p party.Party, body any) (any, error)
}{
	"register":   {reflect.TypeFor[Registration](), (*API).registerArgs},
	"approve":    {reflect.TypeFor[party.ReasonArgs](), asSent},
	"suspend":    {reflect.TypeFor[party.ReasonArgs](), asSent},
	"reinstate":  {reflect.TypeFor[party.ReasonArgs](), asSent},
	"rotate-key": {reflect.TypeFor[NewKey](), (*API).keyArgs},
	"revoke-key": {reflect.TypeFor[NewKey](), (*API).keyArgs},
}

func asSent(_ *API, _ *exchange, _ party.Party, body any) (any, error) { return body, nil }

func (a *API) partyVerbRoute(v contract.Verb) {
	verb := partyVerbs[v.Row.Verb]
	r := route{method: http.MethodPost, path: "/v1/parties/{uscc}/" + v.Row.Verb, id: v.Name, tag: tagParty, roles: rolesOf(v.Row),
		en: v.Row.En, zh: v.Row.Zh, body: verb.body, optional: !v.Row.Creates(), answer: reflect.TypeFor[Written]()}
	if v.Row.Creates() {
		r.path, r.status = "/v1/parties", http.StatusCreated
		handle(a, r, func(ctx context.Context, e *exchange, in *Write) (*reply, error) {
			return a.partyVerb(ctx, e, v, "", in)
		})
		return
	}
	handle(a, r, func(ctx context.Context, e *exchange, in *WriteParty) (*reply, error) {
		return a.partyVerb(ctx, e, v, in.USCC, &in.Write)
	})
}

func (a *API) partyVerb(ctx context.Context, e *exchange, v contract.Verb, uscc string, in *Write) (*reply, error) {
	verb := partyVerbs[v.Row.Verb]
	body := reflect.New(verb.body)
	if err := a.schemas.decode(in.raw, body.Interface(), !v.Row.Creates()); err != nil {
		return nil, err
	}
	var about party.Party
	var err error
	if r, ok := body.Interface().(*Registration); ok {
		about.USCC = r.USCC
	} else if about, err = a.registered(ctx, uscc); err != nil {
		return nil, err
	}
	// Told here and not by the ledger, since the arguments alone may cost the other party a key.
	if !v.Row.Permits(e.caller.Roles, func(lifecycle.Relation) bool { return isAbout(e, about.USCC) }) {
		return nil, problem.New(string(fault.NotPermitted))
	}
	draft := func() ([]step, error) {
		args, err := verb.args(a, e, about, body.Elem().Interface())
		if err != nil {
			return nil, err
		}
		s, err := a.draft(e, want{verb: v.Name, subject: string(about.USCC), args: args})
		return []step{s}, err
	}
	return a.exactlyOnce(ctx, e, in, draft, func(outcomes []outcome) (*reply, error) { return a.partyReply(ctx, e, v, about, outcomes[0]) })
}

// partyReply adds the party's state and version, which the result of a command about a party does not carry.
func (a *API) partyReply(ctx context.Context, e *exchange, v contract.Verb, before party.Party, o outcome) (*reply, error) {
	switch {
	case o.refusal() != nil:
	case o.dry:
		o.answer.Version = before.Version + 1
	default:
		p, err := a.store.Party(ctx, ident.USCC(o.Subject))
		if err != nil {
			return nil, err
		}
		o.answer.State, o.answer.Version = p.State, p.Version
	}
	out, err := a.writtenReply(ctx, e, o)
	if err != nil {
		return out, err
	}
	out.Status, out.Location = http.StatusOK, ""
	if v.Row.Creates() {
		out.Status = http.StatusCreated
	}
	if v.Row.Creates() && !o.dry {
		out.Location = "/v1/parties/" + o.Subject
	}
	return out, nil
}

func (a *API) registerArgs(e *exchange, p party.Party, body any) (any, error) {
	r := body.(Registration)
	if r.Key == nil && !slices.Contains(a.ledger.Orgs(), r.Org) {
		return nil, problem.New("FIELD_REQUIRED").At("/key").Because("the key of a party of another organisation is made by the gateway there",
			"其他组织的机构密钥由该组织的网关生成")
	}
	key, err := a.keyOr(r.Key, func() (evidence.JWK, error) { return a.hostedKey(e, p.USCC) })
	return party.RegisterArgs{Name: r.Name, English: r.English, Roles: r.Roles, Org: r.Org, Key: key}, err
}

func (a *API) keyArgs(e *exchange, p party.Party, body any) (any, error) {
	key, err := a.keyOr(body.(NewKey).Key, func() (evidence.JWK, error) {
		public, err := a.nextKey(e, p)
		if errors.Is(err, keystore.ErrNoKey) {
			return evidence.JWK{}, problem.New(problem.KeyHosted).At("/key")
		}
		if err != nil {
			return evidence.JWK{}, err
		}
		return evidence.NewJWK(public), nil
	})
	return party.KeyArgs{Key: key}, err
}

// nextKey returns the party's key that is to replace its current one: the one that an earlier attempt made and the
// ledger never took, or a new one.
func (a *API) nextKey(e *exchange, p party.Party) (*ecdsa.PublicKey, error) {
	a.rotating.Lock() // so that two attempts at once find the same key
	defer a.rotating.Unlock()
	held, err := a.keys.List()
	if err != nil {
		return nil, err
	}
	for _, k := range held {
		registered := slices.ContainsFunc(p.Keys, func(r party.Key) bool { return r.ID == k.KeyID })
		if k.Party == p.USCC && !k.Current && !registered {
			return k.Public, nil
		}
	}
	if e.dry {
		if _, _, err := a.keys.Key(p.USCC); err != nil {
			return nil, err
		}
		return passingKey()
	}
	_, public, err := a.keys.Add(p.USCC)
	return public, err
}

func (a *API) keyOr(given *evidence.JWK, otherwise func() (evidence.JWK, error)) (evidence.JWK, error) {
	if given == nil {
		return otherwise()
	}
	if _, err := given.PublicKey(); err != nil {
		return *given, problem.New("FIELD_INVALID").At("/key").Because(err.Error(), "")
	}
	return *given, nil
}

// hostedKey makes the party's first key, or returns the one that an earlier attempt to register it has made.
func (a *API) hostedKey(e *exchange, u ident.USCC) (evidence.JWK, error) {
	public, err := a.firstKey(e, u)
	if errors.Is(err, keystore.ErrHasKey) {
		private, _, err := a.keys.Key(u)
		if err != nil {
			return evidence.JWK{}, err
		}
		return evidence.NewJWK(&private.PublicKey), nil
	}
	if err != nil {
		return evidence.JWK{}, err
	}
	return evidence.NewJWK(public), nil
}

func (a *API) firstKey(e *exchange, u ident.USCC) (*ecdsa.PublicKey, error) {
	if !e.dry {
		_, public, err := a.keys.Create(u)
		return public, err
	}
	if _, _, err := a.keys.Key(u); !errors.Is(err, keystore.ErrNoKey) {
		return nil, errors.Join(err, keystore.ErrHasKey)
	}
	return passingKey()
}

// passingKey is a new key that nobody keeps, in place of one that a dry run may not make.
func passingKey() (*ecdsa.PublicKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	return &key.PublicKey, nil
}

func (a *API) registered(ctx context.Context, uscc string) (party.Party, error) {
	u, err := ident.ParseUSCC(uscc)
	if err != nil {
		return party.Party{}, parameter("path.uscc", err)
	}
	p, err := a.store.Party(ctx, u)
	if errors.Is(err, projection.ErrNotFound) {
		err = problem.New(problem.NotFound)
	}
	return p, err
}

func (a *API) parties(ctx context.Context, in *PartyFilter) (*reply, error) {
	list := "party:" + strings.Join([]string{in.Role, in.State}, ":")
	after, err := readCursor(list, in.Cursor)
	if err != nil {
		return nil, err
	}
	found, err := a.store.Parties(ctx, projection.PartyFilter{Role: lifecycle.Role(in.Role), State: lifecycle.State(in.State),
		After: ident.USCC(after), Limit: in.most() + 1})
	if err != nil {
		return nil, err
	}
	page := Page[party.Party]{Items: append([]party.Party{}, found...)}
	if len(found) > in.most() {
		page.Items = found[:in.most()]
		page.Next = cursorOf(list, string(page.Items[in.most()-1].USCC))
	}
	return answer(http.StatusOK, page)
}
