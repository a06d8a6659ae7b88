package verification

import "decore/chaincode/fault"

// Reason is a stable code of why a check did not pass.
type Reason string

// Reasons.
const (
	LedgerOutOfReach     Reason = "LEDGER_OUT_OF_REACH"
	SignerUnknown        Reason = "SIGNER_UNKNOWN"
	KeyUnknown           Reason = Reason(fault.KeyUnknown)
	KeyNotValid          Reason = Reason(fault.KeyNotValid)
	KeyRevokedLater      Reason = "KEY_REVOKED_LATER"
	SignatureInvalid     Reason = Reason(fault.SignatureInvalid)
	CommandWithheld      Reason = "COMMAND_WITHHELD"
	CommitmentMismatch   Reason = Reason(fault.CommitmentMismatch)
	HistoryBroken        Reason = "HISTORY_BROKEN"
	TermsNotNamed        Reason = Reason(fault.TermsNotNamed)
	TermsChanged         Reason = Reason(fault.TermsChanged)
	PartyUnknown         Reason = Reason(fault.PartyUnknown)
	PartyRoleMissing     Reason = Reason(fault.PartyRoleMissing)
	PartyNotActive       Reason = Reason(fault.PartyNotActive)
	OrderNotAttested     Reason = "ORDER_NOT_ATTESTED"
	OrderAmended         Reason = "ORDER_AMENDED"
	OrderCancelled       Reason = "ORDER_CANCELLED"
	OrderMismatch        Reason = "ORDER_MISMATCH"
	NotAccepted          Reason = "NOT_ACCEPTED"
	OverDelivery         Reason = Reason(fault.OverDelivery)
	InvoiceForm          Reason = "INVOICE_FORM"
	InvoiceYear          Reason = Reason(fault.InvoiceYear)
	DuplicateRegistered  Reason = Reason(fault.DuplicateRegistered)
	DuplicateFinanced    Reason = Reason(fault.DuplicateFinanced)
	DocumentCancelled    Reason = "DOCUMENT_CANCELLED"
	DocumentUnregistered Reason = "DOCUMENT_UNREGISTERED"
	Encumbered           Reason = Reason(fault.Encumbered)
	Reserved             Reason = "RESERVED"
	RecordPaid           Reason = "RECORD_PAID"
	RecordClosed         Reason = "RECORD_CLOSED"
	RecordCancelled      Reason = "RECORD_CANCELLED"
	ConfirmationUnsigned Reason = "CONFIRMATION_UNSIGNED"
	ConfirmationPending  Reason = "CONFIRMATION_PENDING"
	ConfirmationOverdue  Reason = "CONFIRMATION_OVERDUE"
	NotConfirmed         Reason = "NOT_CONFIRMED"
	SetOffNotWaived      Reason = "SET_OFF_NOT_WAIVED"
	PartlyDisputed       Reason = "PARTLY_DISPUTED"
	DisputedInFull       Reason = "DISPUTED"
	TermTooLong          Reason = Reason(fault.TermTooLong)
	TermLong             Reason = "TERM_LONG"
	DateOrder            Reason = Reason(fault.DateOrder)
	PastDue              Reason = "PAST_DUE"
	PaymentsMismatch     Reason = "PAYMENTS_MISMATCH"
	NotDisclosed         Reason = Reason(fault.NotDisclosed)
	SourceNotConnected   Reason = "SOURCE_NOT_CONNECTED"
)

// Text is what a person reads.
type Text struct{ Zh, En string }

// Reasons says each reason in words.
var Reasons = map[Reason]Text{
	LedgerOutOfReach:     {"网关与账本失联，失联后登记的事项未反映在内", "The gateway is out of the ledger's reach; what was recorded since then is not in this answer."},
	SignerUnknown:        {"签名方未在登记簿中", "The signer is not in the registry."},
	KeyUnknown:           {"签名密钥不属于该签名方", "The signing key is not one of the signer's."},
	KeyNotValid:          {"签名时该密钥无效", "The key was not valid when the command was signed."},
	KeyRevokedLater:      {"签名密钥事后因失密被吊销", "The key was revoked as compromised after the command was recorded."},
	SignatureInvalid:     {"签名验证不通过", "The signature does not verify."},
	CommandWithheld:      {"其他银行签署的指令不予披露", "A command that another bank signed is not shown."},
	CommitmentMismatch:   {"所示条款与链上承诺不一致", "The terms shown are not those that the ledger committed to."},
	HistoryBroken:        {"指令序列与记录现状不符", "The commands do not lead to the record as it stands."},
	TermsNotNamed:        {"会签指令未指明条款", "A countersignature does not name the terms."},
	TermsChanged:         {"会签所指条款并非当时条款", "A countersignature names other terms than those that stood."},
	PartyUnknown:         {"参与方未登记", "The party is not registered."},
	PartyRoleMissing:     {"参与方不具备该角色", "The party does not have the role."},
	PartyNotActive:       {"参与方未生效或已被暂停", "The party is not active."},
	OrderNotAttested:     {"买方未核实订单", "The buyer has not attested the order."},
	OrderAmended:         {"订单在核实后有变更", "The order was amended after it was attested."},
	OrderCancelled:       {"订单已取消", "The order is cancelled."},
	OrderMismatch:        {"应收账款与订单不对应", "The receivable and the order do not belong together."},
	NotAccepted:          {"买方尚未验收", "The buyer has accepted no delivery."},
	OverDelivery:         {"开票金额超过已验收金额", "More is invoiced than was accepted."},
	InvoiceForm:          {"发票号码格式不符", "The invoice number has not the right form."},
	InvoiceYear:          {"发票号码年份与开票日期不符", "The year in the invoice number is not that of its date."},
	DuplicateRegistered:  {"同一单据已由其他记录登记", "Another record has the same document."},
	DuplicateFinanced:    {"同一单据已由其他记录融资", "The same document was financed through another record."},
	DocumentCancelled:    {"单据登记已撤销", "The registration of the document is cancelled."},
	DocumentUnregistered: {"单据未登记", "The document is not registered."},
	Encumbered:           {"已设立他人担保权益", "Somebody else holds a lien on this value."},
	Reserved:             {"已被其他银行占用", "The value is reserved by somebody else for a time."},
	RecordPaid:           {"账款已付清", "The receivable is paid."},
	RecordClosed:         {"账款已关闭", "The receivable is closed."},
	RecordCancelled:      {"账款已撤销", "The receivable is cancelled."},
	ConfirmationUnsigned: {"缺少买方签署的确权", "The confirmation lacks the buyer's signature."},
	ConfirmationPending:  {"已申请确权,买方尚未答复", "The buyer was asked to confirm and has not answered yet."},
	ConfirmationOverdue:  {"买方逾期未确权,须自行证明账款存在", "The buyer let its period to answer pass; the lender has to prove existence."},
	NotConfirmed:         {"未确权,须自行证明登记时账款存在", "Not confirmed: the lender has to prove that it existed when it registered."},
	SetOffNotWaived:      {"债务人未放弃抵销权", "The debtor has not given up set-off."},
	PartlyDisputed:       {"部分金额有争议", "Part of the amount is disputed."},
	DisputedInFull:       {"全部未付金额有争议", "All that is outstanding is disputed."},
	TermTooLong:          {"账期超过上限", "The term is above the limit."},
	TermLong:             {"账期偏长,须审查合理性", "The term is long; whether it is reasonable is to be examined."},
	DateOrder:            {"日期先后不符", "The dates are out of order."},
	PastDue:              {"已逾到期日", "It is past due."},
	PaymentsMismatch:     {"回款记录与未付余额不符", "The payments and what is outstanding do not add up."},
	NotDisclosed:         {"未获授权查看", "Not disclosed to the caller."},
	SourceNotConnected:   {"数据源未接入,无法核验", "The source is not connected, so this cannot be checked here."},
}

// CheckNames says each check in words.
var CheckNames = map[string]Text{
	"currency":            {"时效", "Currency of the facts"},
	"signatures":          {"签名", "Signatures"},
	"commitment":          {"条款承诺", "Commitment to the terms"},
	"history":             {"指令序列", "History"},
	"countersignatures":   {"会签", "Countersignatures"},
	"seller-status":       {"卖方状态", "Seller's status"},
	"buyer-status":        {"买方状态", "Buyer's status"},
	"order-attested":      {"订单核实", "Order attested by the buyer"},
	"order-state":         {"订单状态", "State of the order"},
	"order-match":         {"订单与账款对应", "Order and receivable match"},
	"delivery":            {"交付验收", "Accepted delivery"},
	"invoice":             {"发票号码", "Invoice number"},
	"invoice-state":       {"发票状态", "State of the invoice"},
	"duplicate-invoice":   {"发票查重", "Duplicate invoice"},
	"duplicate-composite": {"要素查重", "Duplicate by parties, day and amount"},
	"duplicate-order":     {"订单查重", "Duplicate order"},
	"encumbrance":         {"担保权益", "Encumbrance"},
	"state":               {"账款状态", "State of the receivable"},
	"confirmation":        {"确权", "Debtor's confirmation"},
	"set-off":             {"抵销权", "Set-off"},
	"dispute":             {"争议", "Dispute"},
	"certificate-term":    {"电子凭证期限", "Term of the certificate"},
	"payment-term":        {"付款期限", "Payment term"},
	"due":                 {"到期日", "Due date"},
	"payments":            {"回款", "Payments"},
	"contract-flow":       {"合同流", "Contract flow"},
	"goods-flow":          {"货物流", "Goods flow"},
	"invoice-flow":        {"发票流", "Invoice flow"},
	"cash-flow":           {"资金流", "Cash flow"},
	"registry-search":     {"中登网查询", "Search of the movables registry"},
	"affiliates":          {"关联关系", "Affiliation of seller and buyer"},
}
