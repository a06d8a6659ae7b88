package api

import (
	"context"
	"net/http"
	"reflect"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json"

	"decore/chaincode/lifecycle"
	"decore/gateway/problem"
)

// route is one operation of the interface.
type route struct {
	method, path string
	id           string
	en, zh       string // what it does
	tag          string
	roles        []lifecycle.Role // who may use it; nil: any member
	body         reflect.Type     // of the request, for the document; nil: none
	optional     bool             // the body may be left out
	form         bool             // the body is a form with a file
	status       int              // of success; 0: 200
	answer       reflect.Type     // of success, for the document; nil: none
	produces     string           // media type of success; "": JSON
	timeout      time.Duration    // 0: that of every request
}

// reply is an answer whose body is encoded already.
type reply struct {
	Status      int
	ContentType string `header:"Content-Type"`
	ETag        string `header:"ETag"`
	Location    string `header:"Location"`
	Disposition string `header:"Content-Disposition"`
	Replayed    string `header:"Idempotency-Replayed"`
	Body        []byte
}

const mediaJSON = "application/json"

func answer(status int, v any) (*reply, error) {
	body, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		return nil, err
	}
	return &reply{Status: status, ContentType: mediaJSON, Body: body}, nil
}

// handle registers an operation. Its errors become problems in the caller's language, here and nowhere else.
func handle[I any](a *API, r route, do func(context.Context, *exchange, *I) (*reply, error)) {
	op := a.operation(r)
	timeout := r.timeout
	if timeout == 0 {
		timeout = a.limits.Timeout
	}
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*reply, error) {
		e := of(ctx)
		ctx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		out, err := do(ctx, e, in)
		if err != nil {
			return nil, a.render(e, err)
		}
		return out, nil
	})
	a.document(op, r)
}

func (a *API) operation(r route) huma.Operation {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	media := r.produces
	if media == "" {
		media = mediaJSON
	}
	op := huma.Operation{OperationID: r.id, Method: r.method, Path: r.path, Summary: r.en, Description: r.zh, Tags: []string{r.tag},
		DefaultStatus: r.status, Middlewares: huma.Middlewares{a.enter(r)}, Extensions: map[string]any{}}
	if r.tag != tagService {
		op.Security = []map[string][]string{{"bearer": {}}}
		op.Extensions["x-roles"] = r.roles
	}
	success := &huma.Response{Description: http.StatusText(r.status), Content: map[string]*huma.MediaType{media: {}}}
	if r.answer != nil {
		success.Content[media].Schema = a.schemas.of(r.answer)
	}
	op.Responses = map[string]*huma.Response{
		strconv.Itoa(r.status): success,
		"default":              {Description: "Problem", Content: map[string]*huma.MediaType{problem.ContentType: {Schema: a.schemas.of(reflect.TypeFor[problem.Problem]())}}},
	}
	return op
}

// document adds the body to the registered operation. Huma is not told of it before, since it would then read and
// decode the body itself, with less care for what is in it.
func (a *API) document(op huma.Operation, r route) {
	if r.body == nil && !r.form {
		return
	}
	item := a.huma.OpenAPI().Paths[r.path]
	registered := map[string]*huma.Operation{http.MethodGet: item.Get, http.MethodPost: item.Post}[op.Method]
	if r.form {
		registered.RequestBody = formOf()
		return
	}
	registered.RequestBody = &huma.RequestBody{Required: !r.optional, Content: map[string]*huma.MediaType{mediaJSON: {Schema: a.schemas.of(r.body)}}}
}

// enter notes which operation the request met, and turns away who has none of its roles, names a version that would not be compared, or
// has an import running.
func (a *API) enter(r route) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		e := of(ctx.Context())
		e.route = r.path
		if r.tag != tagService && !mayUse(e.caller.Roles, r.roles) {
			_ = huma.WriteErr(a.huma, ctx, http.StatusForbidden, "", problem.New(problem.RoleNotPermitted))
			return
		}
		if err := uncompared(ctx); err != nil {
			_ = huma.WriteErr(a.huma, ctx, err.Status, "", err)
			return
		}
		if r.form {
			if !a.imports.begin(e.caller.Party) {
				_ = huma.WriteErr(a.huma, ctx, http.StatusTooManyRequests, "", problem.New(problem.TooManyRequests))
				return
			}
			defer a.imports.end(e.caller.Party)
		}
		next(ctx)
	}
}
