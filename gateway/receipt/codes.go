package receipt

import "decore/gateway/verification"

// Code is a stable name of what is wrong with a receipt.
type Code string

// Codes.
const (
	DigestMismatch          Code = "DIGEST_MISMATCH"
	ReceiptUnsigned         Code = "RECEIPT_UNSIGNED"
	ReceiptSignatureInvalid Code = "RECEIPT_SIGNATURE_INVALID"
	AnchorMismatch          Code = "ANCHOR_MISMATCH"
	FoundingMissing         Code = "FOUNDING_MISSING"
	CommandUnreadable       Code = "COMMAND_UNREADABLE"
	CommandRepeated         Code = "COMMAND_REPEATED"
	OutOfOrder              Code = "OUT_OF_ORDER"
	WrongLedger             Code = "WRONG_LEDGER"
	SignerUnknown           Code = "SIGNER_UNKNOWN"
	SignerNotActive         Code = "SIGNER_NOT_ACTIVE"
	KeyUnknown              Code = "KEY_UNKNOWN"
	KeyNotValid             Code = "KEY_NOT_VALID"
	SignatureInvalid        Code = "SIGNATURE_INVALID"
	Untimely                Code = "UNTIMELY"
	StepInvalid             Code = "STEP_INVALID"
	ResultMismatch          Code = "RESULT_MISMATCH"
	CharterDiffers          Code = "CHARTER_DIFFERS"
	PolicyDiffers           Code = "POLICY_DIFFERS"
	PartiesDiffer           Code = "PARTIES_DIFFER"
	HeaderDiffers           Code = "HEADER_DIFFERS"
	OpeningMismatch         Code = "OPENING_MISMATCH"
	BlocksBroken            Code = "BLOCKS_BROKEN"
	FindingsDiffer          Code = "FINDINGS_DIFFER"
	LedgerDiffers           Code = "LEDGER_DIFFERS"
	LinesDiffer             Code = "LINES_DIFFER"
)

// Codes says each code in words.
var Codes = map[Code]verification.Text{
	DigestMismatch:          {Zh: "内容与摘要不符", En: "The content does not match the digest."},
	ReceiptUnsigned:         {Zh: "回执未签名", En: "The receipt is not signed."},
	ReceiptSignatureInvalid: {Zh: "回执签名验证不通过", En: "The receipt's signature does not verify."},
	AnchorMismatch:          {Zh: "账本并非由所指定的监管密钥设立", En: "The ledger was not founded with the key that was asked for."},
	FoundingMissing:         {Zh: "缺少账本设立指令", En: "The founding of the ledger is missing."},
	CommandUnreadable:       {Zh: "指令无法读取", En: "A command cannot be read."},
	CommandRepeated:         {Zh: "指令重复", En: "A command stands here twice."},
	OutOfOrder:              {Zh: "指令未按账本顺序排列", En: "The commands are not in ledger order."},
	WrongLedger:             {Zh: "指令属于其他账本", En: "A command is meant for another ledger."},
	SignerUnknown:           {Zh: "签名方未登记", En: "A signer is not registered."},
	SignerNotActive:         {Zh: "签名方当时未生效或已暂停", En: "A signer was not active at that time."},
	KeyUnknown:              {Zh: "签名密钥不属于该签名方", En: "A signing key is not the signer's."},
	KeyNotValid:             {Zh: "签名时密钥无效", En: "A key was not valid at the time of signing."},
	SignatureInvalid:        {Zh: "指令签名验证不通过", En: "A command's signature does not verify."},
	Untimely:                {Zh: "指令时间与上链时间不符", En: "A command's time is too far from its transaction's."},
	StepInvalid:             {Zh: "登记或政策指令不成立", En: "A command about the registry or the policy cannot have been accepted."},
	ResultMismatch:          {Zh: "执行结果与指令不对应", En: "A result does not belong to its command."},
	CharterDiffers:          {Zh: "章程与设立指令不符", En: "The charter is not what the founding says."},
	PolicyDiffers:           {Zh: "政策版本与发布指令不符", En: "The policy is not what the commands make."},
	PartiesDiffer:           {Zh: "参与方登记与登记指令不符", En: "The parties are not what the commands make."},
	HeaderDiffers:           {Zh: "记录头与指令不符", En: "A header does not match its commands."},
	OpeningMismatch:         {Zh: "条款与承诺不符", En: "Terms do not match their commitment."},
	BlocksBroken:            {Zh: "区块不衔接", En: "The blocks do not fit together."},
	FindingsDiffer:          {Zh: "核验结论无法由内容复现", En: "The verification does not follow from the contents."},
	LinesDiffer:             {Zh: "月报明细与申领记录不符", En: "A report's lines are not what its claims booked."},
	LedgerDiffers:           {Zh: "与账本不一致", En: "A member's ledger says otherwise."},
}
