package api

import (
	"context"
	"net/http"
	"reflect"
	"slices"

	"decore/chaincode/lifecycle"
	"decore/gateway/projection"
	"decore/gateway/risk"
)

// SignalsAnswer is the risk signals about a record in the caller's language.
type SignalsAnswer struct {
	risk.Report
	Signals    []Signal      `json:"signals" doc:"Rules that fired; they score and explain, and never block (风险信号,仅供参考)"`
	Unexamined []NotExamined `json:"unexamined" doc:"Rules that could not be applied, which is no all-clear (未适用的规则)"`
}

// Signal is a signal in words.
type Signal struct {
	risk.Signal
	Title string `json:"title" doc:"The rule in words (规则名称)"`
	Text  string `json:"text" doc:"What was found (说明)"`
}

// NotExamined is a rule that could not be applied, in words.
type NotExamined struct {
	risk.Unexamined
	Text string `json:"text" doc:"The reason in words (说明)"`
}

// signalRoutes adds the signals of each kind that there are rules about.
func (a *API) signalRoutes() {
	for _, c := range collections {
		if !slices.Contains(risk.Kinds(), c.table.Kind) {
			continue
		}
		handle(a, route{method: http.MethodGet, path: "/v1/" + c.path + "/{id}/signals", id: c.table.Kind + ".signals", tag: tagVerify,
			en: "Risk signals: a score and its reasons", zh: "风险信号", answer: reflect.TypeFor[SignalsAnswer]()},
			func(ctx context.Context, e *exchange, in *RecordPath) (*reply, error) {
				r, s, err := a.record(ctx, e, c.table.Kind, in.ID)
				if err != nil {
					return nil, err
				}
				facts, err := a.risks.Gather(ctx, r, a.riskViewer(e, s))
				if err != nil {
					return nil, err
				}
				return answer(http.StatusOK, signalsInWords(e, risk.Assess(facts, a.risks.Settings)))
			})
	}
}

// riskViewer is the caller as the signals know it. What the gateway's keeper knows of affiliates and contracts goes to
// those who judge risks, not to those whom it is about.
func (a *API) riskViewer(e *exchange, s sight) risk.Viewer {
	return risk.Viewer{
		Reader: projection.Reader{Party: e.caller.Party, Why: readsFor(e.caller.Roles), Day: a.today()},
		Terms:  s == terms,
		Keeps:  e.caller.Has(lifecycle.Bank) || e.caller.Has(lifecycle.Regulator),
		Reads: func(ctx context.Context, r projection.Record) (bool, error) {
			s, err := a.sight(ctx, e, r)
			return s == terms, err
		},
	}
}

func signalsInWords(e *exchange, r risk.Report) SignalsAnswer {
	out := SignalsAnswer{Report: r, Signals: make([]Signal, len(r.Signals)), Unexamined: make([]NotExamined, len(r.Unexamined))}
	for i, s := range r.Signals {
		out.Signals[i] = Signal{s, s.Title.In(e.lang), s.Text.In(e.lang)}
	}
	for i, u := range r.Unexamined {
		out.Unexamined[i] = NotExamined{u, risk.ReasonTexts[u.Reason].In(e.lang)}
	}
	return out
}
