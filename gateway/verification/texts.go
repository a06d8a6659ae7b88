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
	NotStored            Reason = "NOT_STORED"
	GoodsFrozen          Reason = "GOODS_FROZEN"
	GoodsGone            Reason = "GOODS_GONE"
	GoodsMissing         Reason = "GOODS_MISSING"
	Commingled           Reason = "GOODS_COMMINGLED"
	NotControlled        Reason = "NOT_CONTROLLED"
	NotValued            Reason = Reason(fault.NotValued)
	NotInsured           Reason = Reason(fault.NotInsured)
	ReceiptsLive         Reason = Reason(fault.ReceiptsLive)
	ReceiptExpired       Reason = Reason(fault.ReceiptExpired)
	ReceiptEnded         Reason = "RECEIPT_ENDED"
	ReceiptLeaves        Reason = "RECEIPT_LEAVES"
	ContentsIncomplete   Reason = "CONTENTS_INCOMPLETE"
	PledgeMarked         Reason = "PLEDGE_MARKED"
	RecordVoided         Reason = "RECORD_VOIDED"
	RecordSplit          Reason = "RECORD_SPLIT"
	RecordWrittenOff     Reason = "RECORD_WRITTEN_OFF"
	AssignmentForbidden  Reason = "ASSIGNMENT_FORBIDDEN"
	TransferPending      Reason = Reason(fault.TransferPending)
	NoticePending        Reason = "NOTICE_PENDING"
	Reduced              Reason = "REDUCED"
	PlaceShared          Reason = "PLACE_SHARED"
)

// Text is what a person reads.
type Text struct{ Zh, En string }

// Reasons says each reason in words.
var Reasons = map[Reason]Text{
	LedgerOutOfReach:     {"网关与账本失联,失联后登记的事项未反映在内", "The gateway is out of the ledger's reach; what was recorded since then is not in this answer."},
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
	NotStored:            {"保管人未验收入库", "No keeper has taken the goods into storage."},
	GoodsFrozen:          {"货物已被冻结", "The goods are frozen by a court or over a dispute."},
	GoodsGone:            {"货物已出库", "The goods have left."},
	GoodsMissing:         {"货物短少或灭失,由保管人负责", "Goods are missing; the keeper answers for them."},
	Commingled:           {"与他人货物混同", "The goods are mixed with those of others."},
	NotControlled:        {"监管人尚未实际控制货物,质权未设立", "No supervisor controls the goods yet; a pledge would not exist."},
	NotValued:            {"无足够来源的近期价格", "There is no recent price from sources enough."},
	NotInsured:           {"货物未投保、保险已到期或保险金额不足", "The goods are not insured today, or not for what they are worth."},
	ReceiptsLive:         {"货物已填发仓单,应以仓单融资", "Warehouse receipts stand for the goods; lend on those."},
	ReceiptExpired:       {"储存期已满", "The term of storage is over."},
	ReceiptEnded:         {"仓单已分割、合并或注销", "The receipt was split, merged or given up."},
	ReceiptLeaves:        {"背书、分割、合并或提货待保管人签章", "An endorsement, split, merger or delivery waits for the keeper's signature."},
	ContentsIncomplete:   {"仓单缺少必备记载事项", "The receipt lacks an essential element."},
	PledgeMarked:         {"仓单已作质押背书", "The receipt bears a pledge."},
	RecordVoided:         {"账款已全部冲销", "Credit notes or red-letter invoices took back all of it."},
	RecordSplit:          {"账款已拆分,应以拆分后的账款融资", "It was split; lend on its parts."},
	RecordWrittenOff:     {"账款已核销", "The creditor has written it off."},
	AssignmentForbidden:  {"合同约定禁止转让,不得对抗第三人", "The contract forbids assignment, which binds no third party."},
	TransferPending:      {"正向其他企业转让,尚待接受", "It is being transferred to another enterprise."},
	NoticePending:        {"债务人尚未签收转让通知", "The debtor has not acknowledged the notice of assignment."},
	PlaceShared:          {"同一货位另有货物登记,请实地核对", "Other goods are recorded in the same place: look at them on the spot."},
	Reduced:              {"账款已因抵销、贷项或红字发票冲减", "A set-off, credit note or red-letter invoice has reduced it."},
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
	"owner-status":        {"货主状态", "Owner's status"},
	"keeper-status":       {"保管人状态", "Keeper's status"},
	"lot-state":           {"存货状态", "State of the lot"},
	"stored":              {"验收入库", "Stored by the keeper"},
	"shortage":            {"短少", "Shortage"},
	"valuation":           {"估值", "Valuation"},
	"insurance":           {"保险", "Insurance"},
	"receipts":            {"已填发仓单", "Live warehouse receipts"},
	"commingled":          {"混同", "Commingling"},
	"control":             {"监管控制", "Supervisor's control"},
	"receipt-state":       {"仓单状态", "State of the receipt"},
	"contents":            {"记载事项", "Contents of the receipt"},
	"storage-term":        {"储存期", "Term of storage"},
	"duplicate-place":     {"货位查重", "Duplicate by place and goods"},
	"duplicate-receipt":   {"仓单编号查重", "Duplicate receipt number"},
	"pledge-mark":         {"质押背书", "Endorsement as pledged"},
	"creditor-status":     {"债权人状态", "Creditor's status"},
	"assignment-clause":   {"禁止转让约定", "Clause against assignment"},
	"transfer":            {"转让", "Transfer under way"},
	"notice":              {"转让通知", "Notice of assignment"},
	"shared-place":        {"同货位存放", "Shared place"},
	"dilution":            {"冲减", "Dilution"},
	"affiliates":          {"关联关系", "Affiliation of seller and buyer"},
}
