package api

import (
	"bytes"
	"context"
	"net/http"
	"reflect"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/swaggest/swgui"
	"github.com/swaggest/swgui/v5emb"

	"decore/adapters/ledger"
	"decore/gateway/problem"
)

const (
	docsPath  = "/docs"
	livePath  = "/livez"
	readyPath = "/readyz"
)

// documentation is the page that shows the document; all of it is in the program, nothing is fetched from elsewhere.
func documentation() http.Handler {
	return v5emb.NewHandlerWithConfig(swgui.Config{Title: "decore", SwaggerJSON: "/openapi.json", BasePath: docsPath + "/",
		InternalBasePath: docsPath + "/", SettingsUI: map[string]string{"persistAuthorization": "false"}})
}

// maxLag is how far behind the ledger the read model may be and still be called ready.
const maxLag = 10 * time.Second

// Readiness says of each part whether it can work.
type Readiness struct {
	Ready      bool   `json:"ready" doc:"All parts are ready (就绪)"`
	Ledger     Health `json:"ledger" doc:"The ledger, asked for its head and for all that a write needs (账本)"`
	Projection Health `json:"projection" doc:"The read model and how far it is behind (读模型)"`
	Tokens     Health `json:"tokens" doc:"The keys of the token issuers (令牌公钥)"`
}

// Health is how one part is.
type Health struct {
	Ready     bool       `json:"ready" doc:"It can work"`
	Reason    string     `json:"reason,omitempty" doc:"Why not"`
	Block     uint64     `json:"block,omitempty" doc:"Newest block"`
	Time      *time.Time `json:"time,omitempty" doc:"Its time"`
	LagBlocks uint64     `json:"lagBlocks,omitempty" doc:"Blocks behind the ledger"`
	LagMillis int64      `json:"lagMillis,omitempty" doc:"How old the oldest block is that is not read yet, milliseconds"`
}

func (a *API) serviceRoutes() {
	handle(a, route{method: http.MethodGet, path: livePath, id: "service.live", tag: tagService, en: "The process is alive", zh: "存活检查", produces: "text/plain"},
		func(context.Context, *exchange, *struct{}) (*reply, error) {
			return alive(), nil
		})
	handle(a, route{method: http.MethodGet, path: readyPath, id: "service.ready", tag: tagService, en: "Every part can work", zh: "就绪检查",
		answer: reflect.TypeFor[Readiness](), timeout: 3 * time.Second},
		func(ctx context.Context, _ *exchange, _ *struct{}) (*reply, error) { return a.readiness(ctx) })
	handle(a, route{method: http.MethodGet, path: "/metrics", id: "service.metrics", tag: tagService, en: "Figures for Prometheus", zh: "监控指标", produces: "text/plain"},
		func(context.Context, *exchange, *struct{}) (*reply, error) { return a.metrics.text() })
}

func alive() *reply {
	return &reply{Status: http.StatusOK, ContentType: "text/plain; charset=utf-8", Body: []byte("ok\n")}
}

func (a *API) readiness(ctx context.Context) (*reply, error) {
	r := Readiness{Ledger: a.ledgerHealth(ctx), Projection: a.projectionHealth(ctx), Tokens: health(a.auth.Ready())}
	r.Ready = r.Ledger.Ready && r.Projection.Ready && r.Tokens.Ready
	status := http.StatusOK
	if !r.Ready {
		status = http.StatusServiceUnavailable
	}
	return answer(status, r)
}

// health tells what an error means in the words of its code; the error itself goes to the log alone.
func health(err error) Health {
	if err != nil {
		return Health{Reason: problem.From(err).Code}
	}
	return Health{Ready: true}
}

func (a *API) ledgerHealth(ctx context.Context) Health {
	head, err := a.ledger.Head(ctx)
	if err != nil {
		return health(err)
	}
	h := health(a.ledger.Health(ctx))
	h.place(head)
	return h
}

func (h *Health) place(head ledger.Head) {
	h.Block = head.Number
	if !head.Time.IsZero() {
		at := head.Time.UTC()
		h.Time = &at
	}
}

func (a *API) projectionHealth(ctx context.Context) Health {
	head, err := a.store.Position(ctx)
	if err != nil {
		return health(err)
	}
	blocks, age, err := a.store.Lag(ctx, a.ledger)
	h := health(err)
	h.place(head)
	h.LagBlocks, h.LagMillis = blocks, age.Milliseconds()
	if err == nil && age > maxLag {
		h.Ready, h.Reason = false, "PROJECTION_BEHIND"
	}
	return h
}

// text writes the figures in the format that Prometheus reads.
func (m *metrics) text() (*reply, error) {
	families, err := m.registry.Gather()
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	for _, f := range families {
		if _, err := expfmt.MetricFamilyToText(&out, f); err != nil {
			return nil, err
		}
	}
	return &reply{Status: http.StatusOK, ContentType: string(expfmt.NewFormat(expfmt.TypeTextPlain)), Body: out.Bytes()}, nil
}
