package registry

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"decore/chaincode/calendar"
	"decore/chaincode/credit"
	"decore/chaincode/financing"
	"decore/chaincode/money"
)

// Filing is what is to be filed (登记内容): the registry's fields, and the list of the collateral.
type Filing struct {
	Financing   string        `json:"financing" doc:"Record ID of the financing (融资记录编号)"`
	Class       Class         `json:"class" doc:"Class of security (担保类型)"`
	ClassName   string        `json:"className" doc:"The same as the registry calls it (担保类型名称)"`
	Grantor     Party         `json:"grantor" doc:"Who gives the security (担保人)"`
	Secured     Party         `json:"secured" doc:"Whom it secures (担保权人)"`
	Contract    string        `json:"contract" doc:"Number of the contract whose debt is secured (主合同编号)"`
	Currency    string        `json:"currency" doc:"ISO 4217 (币种)"`
	Principal   money.Amount  `json:"principal" doc:"Debt in yuan (主债权金额)"`
	Maximum     *money.Amount `json:"maximum,omitzero" doc:"Most that is secured, of a floating sum (最高债权额)"`
	Maturity    calendar.Date `json:"maturity" doc:"When the debt is due (债务履行期限届满日)"`
	Months      int           `json:"months" doc:"Term of the filing (登记期限,月)"`
	Description string        `json:"description" doc:"The collateral in words (担保财产描述)"`
	Items       []Item        `json:"items" doc:"The collateral one by one (担保财产清单)"`
}

// Request is what a filing is made from: a financing whose offer was accepted, its collateral, and what the lender chooses.
type Request struct {
	Financing string
	Terms     financing.Terms
	Items     []Item
	Grantor   Party
	Secured   Party
	Policy    credit.Policy
	Today     calendar.Date

	Contract string        // the lender's own number of the contract; the financing's record ID when ""
	Months   int           // the least that outlasts the debt when 0
	Maximum  *money.Amount // nil: the principal alone
}

// clauses that a filing is held to.
const (
	decree        = "动产和权利担保统一登记办法"
	identifiable  = "民法典担保制度解释 art. 53"
	maxContract   = 64
	maxNameLength = 100
)

// New makes a filing, or an *Error that names everything that is missing or wrong.
func New(r Request) (Filing, error) {
	if r.Contract == "" {
		r.Contract = r.Financing
	}
	f := Filing{Financing: r.Financing, Grantor: r.Grantor, Secured: r.Secured, Contract: strings.TrimSpace(r.Contract),
		Currency: money.Currency, Maximum: r.Maximum, Months: r.Months, Items: r.Items}
	var wrong faults
	f.side("/grantor", r.Grantor, &wrong)
	f.side("/secured", r.Secured, &wrong)
	f.classify(r, &wrong)
	f.debt(r, &wrong)
	f.term(r, &wrong)
	if err := wrong.err(); err != nil {
		return Filing{}, err
	}
	f.Description = f.describe()
	return f, nil
}

func (f *Filing) side(place string, p Party, wrong *faults) {
	if p.Name == "" || utf8.RuneCountInString(p.Name) > maxNameLength {
		wrong.add(Fault{place + "/name", CodeMissing, "the registered name is needed", "须填写法定注册名称", decree})
	}
	if p.USCC == "" {
		wrong.add(Fault{place + "/uscc", CodeMissing, "the unified social credit code is needed", "须填写统一社会信用代码", decree})
	}
}

// classify finds the one class that all collateral is filed under, and sees that each piece can be told by what is said.
func (f *Filing) classify(r Request, wrong *faults) {
	lien, _ := r.Terms.Product.Lien()
	if len(f.Items) == 0 {
		wrong.add(Fault{"/items", CodeMissing, "a filing needs collateral", "须有担保财产", identifiable})
	}
	for i, item := range f.Items {
		place := fmt.Sprintf("/items/%d", i)
		class, filed := classes[item.Sort][lien]
		switch {
		case !filed:
			wrong.add(Fault{place + "/sort", CodeInvalid, "security of this form in it is not filed at the registry", "该类担保不在统一登记范围内", decree})
			continue
		case f.Class != "" && class != f.Class:
			wrong.add(Fault{place + "/sort", CodeInvalid, "is filed under another class than the ones before: make two filings", "与其他担保财产的担保类型不同，请分别登记", decree})
		default:
			f.Class, f.ClassName = class, classWords[class].name
		}
		if len(item.Numbers) == 0 && item.Text == "" {
			wrong.add(Fault{place + "/numbers", CodeMissing, "nothing tells it from others: a number or a description is needed", "缺少能够合理识别担保财产的编号或描述", identifiable})
		}
	}
}

func (f *Filing) debt(r Request, wrong *faults) {
	if f.Contract == "" || utf8.RuneCountInString(f.Contract) > maxContract || strings.ContainsAny(f.Contract, "\r\n\t") {
		wrong.add(Fault{"/contract", CodeInvalid, "must be a number of 1 to 64 characters on one line", "合同编号应为单行 1 至 64 个字符", ""})
	}
	if r.Terms.Offer == nil {
		wrong.add(Fault{"/principal", CodeMissing, "there is no offer yet, so no debt to secure", "尚无报价，主债权未确定", ""})
		return
	}
	f.Principal, f.Maturity = r.Terms.Offer.Amount, r.Terms.Due()
	if f.Maximum != nil && f.Maximum.Less(f.Principal) {
		wrong.add(Fault{"/maximum", CodeRange, "is below the principal", "最高债权额低于主债权金额", ""})
	}
}

// term sees that the filing outlasts the debt: one that lapses before secures nothing on the day it is needed. Whether its
// last day is that of the month's number or the day before is not relied on.
func (f *Filing) term(r Request, wrong *faults) {
	lasts := func(months int) bool { return r.Today.AddMonths(months).AddDays(-1).Before(f.Maturity) }
	least := r.Policy.RegistrationMinMonths
	for least < r.Policy.RegistrationMaxMonths && lasts(least) {
		least++
	}
	if f.Months == 0 {
		f.Months = least
	}
	if f.Months < least || f.Months > r.Policy.RegistrationMaxMonths || lasts(f.Months) {
		wrong.add(Fault{"/months", CodeRange, fmt.Sprintf("must be %d to %d, so that the filing outlasts the debt", least, r.Policy.RegistrationMaxMonths),
			fmt.Sprintf("应为 %d 至 %d 个月，且不早于债务到期", least, r.Policy.RegistrationMaxMonths), decree})
	}
}
