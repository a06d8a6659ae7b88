package api

import (
	"bytes"
	"context"
	"encoding/hex"
	"io"
	"net/http"
	"reflect"
	"strconv"

	"decore/adapters/registry"
	"decore/adapters/spreadsheet"
	"decore/chaincode/calendar"
	"decore/chaincode/encumbrance"
	"decore/chaincode/evidence"
	"decore/chaincode/financing"
	"decore/chaincode/lifecycle"
	"decore/chaincode/money"
	"decore/gateway/problem"
	"decore/gateway/projection"
)

// lenders deal with the movables registry.
var lenders = []lifecycle.Role{lifecycle.Bank}

// RegistryFile is a file for one financing, sent as the file of a form. Nothing of it is kept.
type RegistryFile struct {
	RecordPath
	Upload
}

// FileEvidence identifies a file that was sent, so that it can be kept as evidence and known again (查询证明存证).
type FileEvidence struct {
	SHA256 string `json:"sha256" doc:"Hash of the file, hexadecimal (文件哈希)"`
	Bytes  int64  `json:"bytes" doc:"Size (字节数)"`
}

func (u *Upload) evidence() FileEvidence { return FileEvidence{hex.EncodeToString(u.hash[:]), u.size} }

// CertificateAnswer is what to record of a filing.
type CertificateAnswer struct {
	registry.Certificate
	Evidence FileEvidence `json:"evidence" doc:"The file that was read (文件)"`
}

// SearchAnswer compares a search of the registry with a financing's collateral, in words.
type SearchAnswer struct {
	registry.Comparison
	Matches  []SearchMatch `json:"matches" doc:"Filings that may be about the same, the worst first (疑似重复)"`
	Expired  []SearchMatch `json:"expired" doc:"The same of filings that have lapsed; they don't count (已到期)"`
	AsOf     calendar.Date `json:"asOf" doc:"The day by which filings have lapsed (比对日期)"`
	Evidence FileEvidence  `json:"evidence" doc:"The file that was compared (文件)"`
}

// SearchMatch is a filing that may be about the same, in words.
type SearchMatch struct {
	registry.Match
	Texts []string `json:"texts" doc:"The reasons in words (说明)"`
}

// RegistrationQuery asks for filings that run out.
type RegistrationQuery struct {
	DueWithin int `query:"dueWithin" default:"60" minimum:"0" maximum:"3660" doc:"Days ahead, 60 when left out (提前天数)"`
}

// RegistrationReminder is a filing that runs out, in words.
type RegistrationReminder struct {
	registry.Reminder
	Text string `json:"text" doc:"What to do, in words (说明)"`
}

// RegistryTemplateQuery asks for a workbook to fill in.
type RegistryTemplateQuery struct {
	Of   string `query:"of" enum:"certificates,search" required:"true" doc:"certificates (what the registry answered) or search (a search's result) (模板)"`
	Lang string `query:"lang" enum:"zh,en" doc:"Language, zh when left out (语言)"`
}

func (a *API) registryRoutes() {
	a.filingRoute()
	handle(a, route{method: http.MethodPost, path: "/v1/financings/{id}/filing", id: "financing.filed", tag: tagFiling, roles: lenders, form: true,
		en: "Read what the registry answered into the arguments of encumber; nothing is written", zh: "回填登记证明，得出设立担保的参数(不写入)", answer: reflect.TypeFor[CertificateAnswer]()},
		func(ctx context.Context, e *exchange, in *RegistryFile) (*reply, error) {
			defer in.close()
			return a.certificate(ctx, e, in)
		})
	handle(a, route{method: http.MethodPost, path: "/v1/financings/{id}/registry-search", id: "financing.registry-search", tag: tagFiling, roles: lenders, form: true,
		en: "Compare the result of a search at the registry with the collateral; nothing is written", zh: "比对中登网查询结果(查重,不写入)", answer: reflect.TypeFor[SearchAnswer]()},
		func(ctx context.Context, e *exchange, in *RegistryFile) (*reply, error) {
			defer in.close()
			return a.registrySearch(ctx, e, in)
		})
	handle(a, route{method: http.MethodGet, path: "/v1/registrations", id: "registration.due", tag: tagFiling, roles: lenders, en: "The caller's filings that run out", zh: "登记到期提醒",
		answer: reflect.TypeFor[Page[RegistrationReminder]]()},
		func(ctx context.Context, e *exchange, in *RegistrationQuery) (*reply, error) {
			return a.registrationsDue(ctx, e, in)
		})
	handle(a, route{method: http.MethodGet, path: "/v1/registrations/template", id: "registration.template", tag: tagFiling, en: "A workbook to fill in from the registry's pages", zh: "下载登记证明或查询结果模板",
		produces: mediaOf[spreadsheet.XLSX]},
		func(_ context.Context, _ *exchange, in *RegistryTemplateQuery) (*reply, error) {
			return registryTemplate(in)
		})
	handle(a, route{method: http.MethodPost, path: "/v1/priorities", id: "priority.rank", tag: tagFiling, en: "How claims on one thing rank and share its proceeds; nothing is written", zh: "清偿顺序试算",
		body: reflect.TypeFor[PriorityRequest](), answer: reflect.TypeFor[PriorityAnswer]()},
		func(_ context.Context, _ *exchange, in *struct{ Payload }) (*reply, error) {
			return a.priorities(in.raw)
		})
}

// certificate reads what the registry answered, and holds it to the rules that the ledger will hold it to.
func (a *API) certificate(ctx context.Context, e *exchange, in *RegistryFile) (*reply, error) {
	r, t, err := a.lent(ctx, e, in.ID)
	if err != nil {
		return nil, err
	}
	all, err := registry.ReadCertificates(ctx, in.file, in.size)
	if err != nil {
		return nil, fileProblem(err)
	}
	c, err := registry.For(all, r.ID)
	if err != nil {
		return nil, fileProblem(err)
	}
	policy, err := a.store.CreditPolicy(ctx)
	if err != nil {
		return nil, err
	}
	if t.Offer == nil {
		return nil, problem.New("WRONG_STATE")
	}
	if _, _, err := t.Register(c.Registration, policy, evidence.InstantOf(a.ledger.Now())); err != nil {
		return nil, err
	}
	return answer(http.StatusOK, CertificateAnswer{c, in.evidence()})
}

func (a *API) registrySearch(ctx context.Context, e *exchange, in *RegistryFile) (*reply, error) {
	_, t, err := a.lent(ctx, e, in.ID)
	if err != nil {
		return nil, err
	}
	found, err := registry.ReadResults(ctx, in.file, in.size)
	if err != nil {
		return nil, fileProblem(err)
	}
	name, unknown := a.namer(ctx)
	items, err := a.items(ctx, e, t, name)
	if err != nil {
		return nil, err
	}
	s := registry.Subject{Items: items, Grantor: registry.Party{Name: name(t.Applicant), USCC: t.Applicant}, Lender: registry.Party{Name: name(t.Lender), USCC: t.Lender}}
	if *unknown != nil {
		return nil, *unknown
	}
	s.Lien, _ = t.Product.Lien()
	if t.Registration != nil {
		s.Number, s.Registered = t.Registration.Number, &t.Registration.Registered
	}
	c, err := registry.Compare(ctx, s, found, a.today())
	if err != nil {
		return nil, err
	}
	return answer(http.StatusOK, SearchAnswer{c, matchesInWords(e, c.Matches), matchesInWords(e, c.Expired), a.today(), in.evidence()})
}

func matchesInWords(e *exchange, matches []registry.Match) []SearchMatch {
	out := make([]SearchMatch, len(matches))
	for i, m := range matches {
		out[i] = SearchMatch{m, make([]string, len(m.Reasons))}
		for k, r := range m.Reasons {
			out[i].Texts[k] = problem.Text(registry.ReasonTexts[r]).In(e.lang)
		}
	}
	return out
}

// unpaid are the states in which a debt is secured and not yet paid.
var unpaid = []string{string(financing.Encumbered), string(financing.Disbursed), string(financing.Overdue)}

func (a *API) registrationsDue(ctx context.Context, e *exchange, in *RegistrationQuery) (*reply, error) {
	const page = 500
	var held []registry.Held
	f := projection.Filter{Kind: financing.Table.Kind, State: unpaid, Reader: e.caller.Party, Day: a.today(), Limit: page}
	for more := true; more; {
		found, err := a.store.Records(ctx, f)
		if err != nil {
			return nil, err
		}
		for _, r := range found {
			f.After = r.ID
			if t, known := r.Terms.(financing.Terms); known && isAbout(e, t.Lender) && t.Registration != nil {
				held = append(held, registry.Held{Financing: r.ID, Registration: *t.Registration, Maturity: t.Due()})
			}
		}
		more = len(found) == page
	}
	due := registry.Due(held, a.today(), in.DueWithin)
	out := Page[RegistrationReminder]{Items: make([]RegistrationReminder, len(due))}
	for i, d := range due {
		out.Items[i] = RegistrationReminder{d, remind(e, d)}
	}
	return answer(http.StatusOK, out)
}

func remind(e *exchange, d registry.Reminder) string {
	if d.Action == registry.FileAnew {
		return problem.Text{En: "The filing lapsed on " + d.Registration.Expires.String() + " and its rank is lost: file anew and search first.",
			Zh: "登记已于 " + d.Registration.Expires.String() + " 到期，原顺位已失：请先查询再重新登记。"}.In(e.lang)
	}
	left := strconv.Itoa(d.DaysLeft)
	return problem.Text{En: "The filing ends in " + left + " days: renew it before, while the debt is not paid.", Zh: "登记将于 " + left + " 天后到期：债务未清偿的，请在到期前办理展期。"}.In(e.lang)
}

// registryTemplates write the workbooks to fill in.
var registryTemplates = map[string]func(io.Writer, string) error{"certificates": registry.CertificateTemplate, "search": registry.ResultsTemplate}

func registryTemplate(in *RegistryTemplateQuery) (*reply, error) {
	setDefault(&in.Lang, chinese)
	var out bytes.Buffer
	err := registryTemplates[in.Of](&out, in.Lang)
	return download(mediaOf[spreadsheet.XLSX], "registry-"+in.Of+".xlsx", out.Bytes()), err
}

// PriorityRequest asks how claims on one thing rank.
type PriorityRequest struct {
	On       string              `json:"on" enum:"receivable,goods" doc:"What is claimed: a receivable (民法典 768), or goods and the receipts over them (民法典 414-416) (标的)"`
	Proceeds money.Amount        `json:"proceeds" doc:"What there is to share, in yuan (价款)"`
	Claims   []encumbrance.Claim `json:"claims" minItems:"1" maxItems:"200" doc:"The claims (担保权利)"`
}

// PriorityAnswer is who comes first and who gets what.
type PriorityAnswer struct {
	encumbrance.Ranking
	Shares []encumbrance.Share `json:"shares" doc:"What each gets (受偿)"`
	Left   money.Amount        `json:"left" doc:"What is the owner's (剩余)"`
}

var orders = map[string]encumbrance.Order{"receivable": encumbrance.OnReceivables, "goods": encumbrance.OnGoods}

func (a *API) priorities(raw []byte) (*reply, error) {
	var q PriorityRequest
	if err := a.schemas.decode(raw, &q, false); err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for i, c := range q.Claims {
		if seen[c.Financing] {
			return nil, problem.New("FIELD_INVALID").At("/claims/"+strconv.Itoa(i)+"/financing").Because("two claims have the same name", "两项权利的编号相同")
		}
		seen[c.Financing] = true
	}
	out := PriorityAnswer{Ranking: orders[q.On].Rank(q.Claims)}
	out.Shares, out.Left = encumbrance.Distribute(q.Proceeds, out.Tiers)
	return answer(http.StatusOK, out)
}
