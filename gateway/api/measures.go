package api

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"decore/chaincode/calendar"
	"decore/chaincode/contract"
	"decore/chaincode/evidence"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/chaincode/subsidy"
	"decore/gateway/problem"
	"decore/gateway/projection"
)

// MeasurePath names a measure.
type MeasurePath struct {
	ID string `path:"id" maxLength:"64" doc:"Measure ID (政策文件编号)"`
}

// MeasureQuery names a version of a measure.
type MeasureQuery struct {
	MeasurePath
	Version int `query:"version" minimum:"1" doc:"Version; the draft, or else the last one, when left out (版本)"`
}

// MeasureFilter selects measures.
type MeasureFilter struct {
	Policy string `query:"policy" maxLength:"64" doc:"Only those of this policy (政策编号)"`
}

// WriteMeasure is a write to a measure.
type WriteMeasure struct {
	MeasurePath
	Write
}

// MeasureEntry is one version of a measure.
type MeasureEntry struct {
	ID      string              `json:"id" doc:"Measure ID (政策文件编号)"`
	Version int                 `json:"version" doc:"Version (版本)"`
	Status  subsidy.Status      `json:"status" doc:"draft, in-force or expired (状态)"`
	Digest  evidence.Commitment `json:"digest" doc:"SHA-256 of its canonical JSON, which who publishes it names (摘要)"`
	Measure subsidy.Measure     `json:"measure" doc:"The whole measure (政策文件内容)"`
}

// MeasureEffect is what the newest version of a measure leads to.
type MeasureEffect struct {
	Policy   string           `json:"policy" doc:"Policy ID (政策编号)"`
	Versions []subsidy.Policy `json:"versions" doc:"Versions that publishing the draft would add to the policy, each with the clause that every setting is from (将产生的政策版本)"`
	Warnings []Warning        `json:"warnings,omitempty" doc:"What to know before it is published (提示)"`
}

// PolicyDay names a policy on a day.
type PolicyDay struct {
	PolicyPath
	On string `query:"on" maxLength:"10" doc:"Day, today when left out (日期)"`
}

// PolicyLists are the lists by which a policy judges.
type PolicyLists struct {
	Policy        string            `json:"policy" doc:"Policy ID (政策编号)"`
	Version       int               `json:"version" doc:"Its version that governs on the day (版本)"`
	Sectors       []string          `json:"sectors" doc:"Listed sectors, all when empty (行业领域)"`
	Chains        []string          `json:"chains" doc:"Sectors to which firms up- and downstream belong too (产业链)"`
	HandlingBanks []ident.USCC      `json:"handlingBanks" doc:"Handling banks by code, all when empty (经办银行)"`
	NamedBanks    []string          `json:"namedBanks" doc:"Banks of the list whose code is not recorded; they bind nobody (名单所列银行)"`
	PermittedUses []string          `json:"permittedUses" doc:"The only uses of the money, any when empty (允许用途)"`
	RefusedUses   []string          `json:"refusedUses" doc:"Uses that are refused (禁止用途)"`
	SizeTable     subsidy.SizeTable `json:"sizeTable" doc:"Size standard: staff, revenue and assets (ten thousand yuan) by industry (划型标准)"`
	Grounds       []subsidy.Reason  `json:"grounds" doc:"Each reason of refusal with its document and clause, or the record's own setting and why (依据)"`
}

// SizeAnswer is a size class by a policy's table.
type SizeAnswer struct {
	Class    subsidy.SizeClass `json:"class" doc:"Class (企业规模)"`
	Eligible bool              `json:"eligible" doc:"The policy subsidises this class (符合规模要求)"`
	Row      subsidy.SizeRow   `json:"row" doc:"The bounds that were applied (划型指标)"`
}

func (a *API) measureRoutes() {
	handle(a, route{method: http.MethodGet, path: "/v1/subsidy/measures", id: "measure.list", tag: tagSubsidy, en: "Every version of every policy document", zh: "查询政策文件列表",
		answer: reflect.TypeFor[Page[MeasureEntry]]()}, func(ctx context.Context, _ *exchange, in *MeasureFilter) (*reply, error) {
		return a.measures(ctx, in.Policy)
	})
	handle(a, route{method: http.MethodGet, path: "/v1/subsidy/measures/{id}", id: "measure.get", tag: tagSubsidy, en: "Read a policy document", zh: "查询政策文件",
		answer: reflect.TypeFor[MeasureEntry]()}, func(ctx context.Context, _ *exchange, in *MeasureQuery) (*reply, error) {
		m, err := a.measure(ctx, in.ID, in.Version)
		if err != nil {
			return nil, err
		}
		return answer(http.StatusOK, measureEntry(m))
	})
	handle(a, route{method: http.MethodGet, path: "/v1/subsidy/measures/{id}/effect", id: "measure.effect", tag: tagSubsidy, en: "What publishing the draft would make of the policy",
		zh: "预览政策文件发布后的政策", answer: reflect.TypeFor[MeasureEffect]()}, func(ctx context.Context, e *exchange, in *MeasurePath) (*reply, error) {
		effect, err := a.effect(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		if len(effect.Versions) > 0 { // the first of those that it adds
			effect.Warnings = warningOf(effect.Versions[0].EffectiveFrom, a.today(), "/versions/0/effectiveFrom", e.lang)
		}
		return answer(http.StatusOK, effect)
	})
	handle(a, route{method: http.MethodGet, path: "/v1/subsidy/measures/{id}/history", id: "measure.history", tag: tagSubsidy, en: "Who signed what, when, in which block",
		zh: "查询签署历史", answer: reflect.TypeFor[Page[HistoryEntry]]()},
		func(ctx context.Context, e *exchange, in *MeasurePath) (*reply, error) {
			return a.measureHistory(ctx, e, in.ID)
		})
	for _, v := range contract.Verbs() {
		if v.Table.Kind == contract.MeasureKind {
			a.measureVerbRoute(v)
		}
	}
	handle(a, route{method: http.MethodGet, path: "/v1/subsidy/policies/{id}/lists", id: "policy.lists", tag: tagSubsidy, en: "The lists by which a policy judges, and the grounds of refusal",
		zh: "查询政策名单、划型标准与依据", answer: reflect.TypeFor[PolicyLists]()}, func(ctx context.Context, _ *exchange, in *PolicyDay) (*reply, error) {
		p, err := a.policyOn(ctx, in)
		if err != nil {
			return nil, err
		}
		return answer(http.StatusOK, PolicyLists{Policy: p.ID, Version: p.Version, Sectors: p.Sectors, Chains: p.Chains, HandlingBanks: p.HandlingBanks, NamedBanks: p.NamedBanks,
			PermittedUses: p.PermittedUses, RefusedUses: p.RefusedUses, SizeTable: p.SizeTable, Grounds: p.GroundsOfAll()})
	})
	handle(a, route{method: http.MethodPost, path: "/v1/subsidy/policies/{id}/size-class", id: "policy.size", tag: tagSubsidy, en: "An enterprise's size class by a policy's table; nothing is written",
		zh: "企业划型", body: reflect.TypeFor[subsidy.Figures](), answer: reflect.TypeFor[SizeAnswer]()}, func(ctx context.Context, _ *exchange, in *struct {
		PolicyDay
		Payload
	}) (*reply, error) {
		var f subsidy.Figures
		if err := a.schemas.decode(in.raw, &f, false); err != nil {
			return nil, err
		}
		return a.sizeClass(ctx, &in.PolicyDay, f)
	})
}

func measureEntry(v projection.MeasureVersion) MeasureEntry {
	return MeasureEntry{ID: v.Measure.ID, Version: v.Measure.Version, Status: v.Measure.Status, Digest: v.Digest, Measure: v.Measure}
}

func (a *API) measures(ctx context.Context, policy string) (*reply, error) {
	found, err := a.store.Measures(ctx)
	if err != nil {
		return nil, err
	}
	page := Page[MeasureEntry]{Items: []MeasureEntry{}}
	for _, m := range found {
		if policy == "" || m.Measure.Policy == policy {
			page.Items = append(page.Items, measureEntry(m))
		}
	}
	return answer(http.StatusOK, page)
}

func (a *API) measure(ctx context.Context, id string, version int) (projection.MeasureVersion, error) {
	m, err := a.store.Measure(ctx, id, version)
	if errors.Is(err, projection.ErrNotFound) {
		err = problem.New(problem.NotFound)
	}
	return m, err
}

func (a *API) measureVerbRoute(v contract.Verb) {
	r := route{method: http.MethodPost, path: "/v1/subsidy/measures/{id}/" + v.Row.Verb, id: v.Name, tag: tagSubsidy, roles: rolesOf(v.Row), en: v.Row.En, zh: v.Row.Zh,
		body: v.Args, answer: reflect.TypeFor[Written]()}
	if v.Row.Verb == "draft" {
		r.body = reflect.TypeFor[jsontext.Value]()
	}
	handle(a, r, func(ctx context.Context, e *exchange, in *WriteMeasure) (*reply, error) {
		args, err := a.measureArgs(ctx, v, in)
		if err != nil {
			return nil, err
		}
		return a.perform(ctx, e, &in.Write, func() (step, error) {
			return a.draft(e, want{verb: v.Name, subject: in.ID, args: args})
		})
	})
}

// measureArgs reads the arguments of a verb, and tells before anything is signed what is wrong with them in words, which the ledger does not.
func (a *API) measureArgs(ctx context.Context, v contract.Verb, in *WriteMeasure) (any, error) {
	if v.Row.Verb == "draft" {
		var raw jsontext.Value
		if err := a.schemas.decode(in.raw, &raw, false); err != nil {
			return nil, err
		}
		m, err := subsidy.ParseMeasure(raw)
		switch {
		case err != nil:
			return nil, problem.New("POLICY_INVALID").Because(err.Error(), "").With(err)
		case m.ID != in.ID:
			return nil, problem.New("POLICY_INVALID").At("/id")
		}
		return contract.DraftArgs{Measure: raw}, nil
	}
	args := reflect.New(v.Args)
	if err := a.schemas.decode(in.raw, args.Interface(), false); err != nil {
		return nil, err
	}
	// What does not exist, or is no draft, is for the ledger to refuse.
	if _, err := a.effect(ctx, in.ID); errors.Is(err, subsidy.ErrPolicy) && v.Row.Verb != "repeal" {
		return nil, err
	}
	return args.Elem().Interface(), nil
}

// effect is what would become of a measure's policy if its draft were in force.
func (a *API) effect(ctx context.Context, id string) (MeasureEffect, error) {
	newest, err := a.measure(ctx, id, 0)
	if err != nil {
		return MeasureEffect{}, err
	}
	found, err := a.store.Measures(ctx)
	if err != nil {
		return MeasureEffect{}, err
	}
	out := MeasureEffect{Policy: newest.Measure.Policy, Versions: []subsidy.Policy{}}
	var measures []subsidy.Measure
	for _, v := range found {
		m := v.Measure
		if m.ID == id && m.Version == newest.Measure.Version && m.Status == subsidy.Draft {
			m.Status = subsidy.InForce
		}
		if m.Policy == out.Policy {
			measures = append(measures, m)
		}
	}
	spans, err := subsidy.Timeline(out.Policy, measures)
	if err != nil {
		return out, problem.New("POLICY_CONTRADICTION").Because(err.Error(), "").With(err)
	}
	before, err := a.policyVersions(ctx, out.Policy)
	if err != nil {
		return out, err
	}
	out.Versions = append(out.Versions, subsidy.Successors(before, spans)...)
	return out, nil
}

func (a *API) policyVersions(ctx context.Context, id string) ([]subsidy.Policy, error) {
	newest, err := a.store.SubsidyPolicy(ctx, id, 0)
	if errors.Is(err, projection.ErrNotFound) {
		return nil, nil
	}
	all := make([]subsidy.Policy, newest.Version)
	for i := range all {
		if err == nil {
			all[i], err = a.store.SubsidyPolicy(ctx, id, i+1)
		}
	}
	return all, err
}

// policyOn returns the version of a subsidy policy that governs on a day.
func (a *API) policyOn(ctx context.Context, in *PolicyDay) (subsidy.Policy, error) {
	day, err := a.day(in.On)
	if err != nil {
		return subsidy.Policy{}, err
	}
	p, _, err := a.store.SubsidyPolicyOn(ctx, in.ID, day)
	if errors.Is(err, projection.ErrNotFound) || err == nil && p.Version == 0 {
		err = problem.New(problem.NotFound)
	}
	return p, err
}

// day reads the parameter "on"; "" is today.
func (a *API) day(on string) (calendar.Date, error) {
	if on == "" {
		return a.today(), nil
	}
	day, err := calendar.Parse(on)
	if err != nil {
		err = parameter("query.on", err)
	}
	return day, err
}

// measureHistory lists the commands about a measure. Who tried in vain is nobody's to know, if that is a bank.
func (a *API) measureHistory(ctx context.Context, e *exchange, id string) (*reply, error) {
	if _, err := a.measure(ctx, id, 0); err != nil {
		return nil, err
	}
	found, err := a.store.History(ctx, id)
	if err != nil {
		return nil, err
	}
	page := Page[HistoryEntry]{Items: []HistoryEntry{}}
	for _, h := range found {
		if !strings.HasPrefix(h.Verb, contract.MeasureKind+".") {
			continue // about a policy or a party of the same name
		}
		entry := historyEntry(h)
		if !e.caller.Has(lifecycle.Regulator) && !isAbout(e, h.Party) {
			if entry, err = a.withoutBank(ctx, entry); err != nil {
				return nil, err
			}
		}
		page.Items = append(page.Items, entry)
	}
	return answer(http.StatusOK, page)
}

func (a *API) sizeClass(ctx context.Context, in *PolicyDay, f subsidy.Figures) (*reply, error) {
	p, err := a.policyOn(ctx, in)
	if err != nil {
		return nil, err
	}
	l, err := p.Classed(subsidy.Loan{Standing: subsidy.Standing{Figures: &f}})
	var wrong *subsidy.FieldError
	if errors.As(err, &wrong) {
		return nil, problem.New("FIELD_INVALID").At(figuresField(wrong.Field)).Because(wrong.Reason, "").With(err)
	}
	if err != nil {
		return nil, err
	}
	out := SizeAnswer{Class: l.SizeClass}
	for _, class := range p.SMEClasses {
		out.Eligible = out.Eligible || class == l.SizeClass
	}
	for _, row := range p.SizeTable {
		if row.Industry == f.Industry {
			out.Row = row
		}
	}
	return answer(http.StatusOK, out)
}

// figuresField points to a field of the figures that are the body.
func figuresField(field string) string {
	if field == "figures.industry" {
		return "/industry"
	}
	return ""
}
