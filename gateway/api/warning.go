package api

import (
	"context"
	"fmt"

	"decore/chaincode/calendar"
	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/evidence"
	"decore/chaincode/subsidy"
	"decore/gateway/problem"
)

// Warning is what to know of a request that was carried out all the same.
type Warning struct {
	Code    string `json:"code" doc:"Stable code for programs (代码)" example:"RETROACTIVE"`
	Message string `json:"message" doc:"What to know, in the language of Accept-Language (提示)"`
	Field   string `json:"field,omitempty" doc:"JSON pointer of the field that it is about (字段)" example:"/effectiveFrom"`

	LimitedBy []QuoteReason `json:"limitedBy,omitempty" doc:"Of GRANTED_IN_PART: what makes it less than the loan alone would get, as a quote tells it (限制因素)"`
}

// retroactive warns of what takes effect on a day that is over. It is accepted, since notices do say so (自2026年1月1日起施行).
var retroactive = problem.Text{
	En: "it takes effect from %s, before today: claims granted so far keep the version that granted them, but a loan that is judged from now on by an earlier day is judged by this version",
	Zh: "自 %s 起生效，早于今日：已核定的申领仍按核定时的版本执行；今后申领的贷款，如按此前日期的政策判断，适用本版本",
}

// warningOf warns if the day from which something is in force is before the other.
func warningOf(from, today calendar.Date, field, lang string) []Warning {
	if from.IsZero() || !from.Before(today) {
		return nil
	}
	return []Warning{{Code: "RETROACTIVE", Message: fmt.Sprintf(retroactive.In(lang), from), Field: field}}
}

// acceptReport is the verb before which its signer is told what a report leaves out.
const acceptReport = "fund-report.accept"

// sinceFinder finds from which day on what a command says is in force, and where it says so.
type sinceFinder func(ctx context.Context, a *API, cmd evidence.Command) (calendar.Date, string, error)

var effectiveFrom = map[string]sinceFinder{ // by verb
	"policy.publish": func(_ context.Context, _ *API, cmd evidence.Command) (calendar.Date, string, error) {
		var args contract.PublishArgs
		if cmd.Subject == contract.CreditPolicy {
			return calendar.Date{}, "", nil // it governs what is decided from now on
		}
		if err := canon.Strict(cmd.Body, &args); err != nil {
			return calendar.Date{}, "", err
		}
		p, err := subsidy.ParsePolicy(args.Policy)
		return p.EffectiveFrom, "/effectiveFrom", err
	},
	"measure.publish":   ofDraft,
	"measure.supersede": ofDraft,
	"measure.repeal": func(_ context.Context, _ *API, cmd evidence.Command) (calendar.Date, string, error) {
		var args contract.RepealArgs
		err := canon.Strict(cmd.Body, &args)
		return args.From, "/from", err
	},
}

// ofDraft is the day of the version that a command puts in force.
func ofDraft(ctx context.Context, a *API, cmd evidence.Command) (calendar.Date, string, error) {
	var args contract.PutInForceArgs
	if err := canon.Strict(cmd.Body, &args); err != nil {
		return calendar.Date{}, "", err
	}
	m, err := a.measure(ctx, cmd.Subject, args.Version)
	return m.Measure.EffectiveFrom, "/version", err
}

// teller tells of the commands of one request, in their order, what to know of each that was accepted.
type teller struct {
	*API
	e     *exchange
	moved map[household]*subsidy.Account // in a dry run, as the commands so far would leave it; nil: not known
}

func (a *API) teller(e *exchange) *teller {
	return &teller{API: a, e: e, moved: map[household]*subsidy.Account{}}
}

// warner finds what to know of a command.
type warner func(t *teller, ctx context.Context, o outcome, cmd evidence.Command) ([]Warning, error)

var warners = map[string]warner{ // by verb
	acceptReport: func(t *teller, ctx context.Context, _ outcome, cmd evidence.Command) ([]Warning, error) {
		return t.reportWarnings(ctx, t.e, cmd.Subject)
	},
	subsidy.Lifecycle.Kind + "." + subsidy.VerbHold:     (*teller).held,
	subsidy.Lifecycle.Kind + "." + subsidy.VerbTopUp:    (*teller).toppedUp,
	subsidy.Succession.Kind + "." + subsidy.VerbSucceed: (*teller).succeeded,
}

// warnings are those of a command that was accepted. What cannot be found out is left out: the command stands.
func (t *teller) warnings(ctx context.Context, o outcome) []Warning {
	if o.Answer != nil || o.refusal() != nil {
		return nil
	}
	cmd, err := evidence.Parse(o.JWS)
	if err != nil {
		return nil
	}
	var found []Warning
	if find, known := effectiveFrom[cmd.Verb]; known {
		found, err = t.retroactive(ctx, t.e, o, cmd.Command, find)
	} else if find, known := warners[cmd.Verb]; known {
		found, err = find(t, ctx, o, cmd.Command)
	} else if o.dry {
		err = t.untold(ctx, cmd.Command)
	}
	if err != nil {
		t.log.Warn("no warning could be found out", "command", cmd.ID, "error", err)
	}
	return found
}

// retroactive warns as of the day on which the command was accepted.
func (a *API) retroactive(ctx context.Context, e *exchange, o outcome, cmd evidence.Command, find sinceFinder) ([]Warning, error) {
	from, field, err := find(ctx, a, cmd)
	today := a.today()
	if p := o.position(); p != nil && !o.dry {
		today = calendar.At(p.Time)
	}
	return warningOf(from, today, field, e.lang), err
}
