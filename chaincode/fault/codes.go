package fault

// Codes of a command that cannot be read, trusted or timed: the ledger keeps no trace of it.
const (
	CommandMalformed   Code = "COMMAND_MALFORMED"
	CommandIDReused    Code = "COMMAND_ID_REUSED"   // the ID is taken by another command
	CommandTooOld      Code = "COMMAND_TOO_OLD"     // signed longer ago than the policy tolerates
	CommandFromFuture  Code = "COMMAND_FROM_FUTURE" // signed ahead of the transaction's time
	WrongLedger        Code = "WRONG_LEDGER"
	UnknownVerb        Code = "UNKNOWN_VERB"
	PartyUnknown       Code = "PARTY_UNKNOWN"
	PartyNotActive     Code = "PARTY_NOT_ACTIVE"
	KeyUnknown         Code = "KEY_UNKNOWN"
	KeyNotValid        Code = "KEY_NOT_VALID" // rotated out or revoked for the time of signing
	SignatureInvalid   Code = "SIGNATURE_INVALID"
	ArgumentsMissing   Code = "ARGUMENTS_MISSING"
	ArgumentsInvalid   Code = "ARGUMENTS_INVALID"
	CommitmentMismatch Code = "COMMITMENT_MISMATCH" // arguments do not match the signed commitment
	SubjectMalformed   Code = "SUBJECT_MALFORMED"
)

// Codes of a command that was decided against on the facts.
const (
	NotFounded           Code = "LEDGER_NOT_FOUNDED"
	AlreadyFounded       Code = "LEDGER_ALREADY_FOUNDED"
	RecordNotFound       Code = "RECORD_NOT_FOUND"
	RecordExists         Code = "RECORD_EXISTS"
	NotPermitted         Code = "NOT_PERMITTED"   // role or relation to the record
	WrongState           Code = "WRONG_STATE"     // the lifecycle has no such step from here
	TermsChanged         Code = "TERMS_CHANGED"   // the signer saw other terms
	TermsNotNamed        Code = "TERMS_NOT_NAMED" // a countersignature must name the terms
	FieldRequired        Code = "FIELD_REQUIRED"
	FieldInvalid         Code = "FIELD_INVALID"
	AmountNotPositive    Code = "AMOUNT_NOT_POSITIVE"
	SameParty            Code = "SAME_PARTY" // seller and buyer, or lender and borrower, are one
	PartyRoleMissing     Code = "PARTY_ROLE_MISSING"
	DateOrder            Code = "DATE_ORDER"
	DateInFuture         Code = "DATE_IN_FUTURE"
	InvoiceYear          Code = "INVOICE_YEAR"
	TermTooLong          Code = "TERM_TOO_LONG"
	OverOrder            Code = "OVER_ORDER"    // more than the order
	OverDelivery         Code = "OVER_DELIVERY" // more than the accepted delivery
	OverOutstanding      Code = "OVER_OUTSTANDING"
	BelowUsed            Code = "BELOW_USED" // an amendment below what was already delivered or invoiced
	NotOverdue           Code = "NOT_OVERDUE"
	DuplicateRegistered  Code = "DUPLICATE_REGISTERED"
	ReferenceUsed        Code = "REFERENCE_USED"        // the same payment or loan is recorded already
	ExistingSecured      Code = "EXISTING_LOAN_SECURED" // a loan on collateral of the chain is not recorded afterwards
	ExistingClosed       Code = "EXISTING_LOANS_CLOSED" // the policy takes no existing loan of that day, or no more
	DuplicateFinanced    Code = "DUPLICATE_FINANCED"
	Encumbered           Code = "ENCUMBERED"    // the value is already held, at this or another stage
	LienNotHeld          Code = "LIEN_NOT_HELD" // no live lien of this lender
	ReservationTooLong   Code = "RESERVATION_TOO_LONG"
	RegistrationInvalid  Code = "REGISTRATION_INVALID"
	NotOffered           Code = "NOT_OFFERED"       // the collateral was not put up, or is no more
	RegistrationUsed     Code = "REGISTRATION_USED" // the filing stands for another financing
	NotDisclosed         Code = "NOT_DISCLOSED"
	GrantUnknown         Code = "GRANT_UNKNOWN"
	GrantInUse           Code = "GRANT_IN_USE"
	CollateralRequired   Code = "COLLATERAL_REQUIRED"
	CollateralForbidden  Code = "COLLATERAL_FORBIDDEN"
	CollateralIneligible Code = "COLLATERAL_INELIGIBLE"
	OverAdvance          Code = "OVER_ADVANCE" // more than the advance rate allows
	OverOffer            Code = "OVER_OFFER"
	OfferExpired         Code = "OFFER_EXPIRED"
	PolicyUnknown        Code = "POLICY_UNKNOWN"
	PolicyVersion        Code = "POLICY_VERSION"
	PolicyInvalid        Code = "POLICY_INVALID"
	PolicyCombined       Code = "POLICY_COMBINED"      // the policy is made of measures
	PolicyContradiction  Code = "POLICY_CONTRADICTION" // the measures in force leave nothing to subsidise
	RequestMissing       Code = "REQUEST_MISSING"      // nothing was asked for that could be granted
	RepaymentUnknown     Code = "REPAYMENT_UNKNOWN"    // no such repayment is recorded, or a collection brought it
	TooMany              Code = "TOO_MANY"             // a list of the record has no room for another entry
	QuantityNotPositive  Code = "QUANTITY_NOT_POSITIVE"
	OverQuantity         Code = "OVER_QUANTITY"   // more goods than are there, or than no receipt covers
	UnitMismatch         Code = "UNIT_MISMATCH"   // counted in another unit than the lot
	GoodsStored          Code = "GOODS_STORED"    // the order's goods are in store and must leave it first
	ReceiptsLive         Code = "RECEIPTS_LIVE"   // warehouse receipts stand for the goods
	ReceiptExpired       Code = "RECEIPT_EXPIRED" // the term of storage is over
	ReceiptsUnlike       Code = "RECEIPTS_UNLIKE" // receipts that state different things
	SumMismatch          Code = "SUM_MISMATCH"    // parts do not come to the whole
	NotPerfected         Code = "PLEDGE_NOT_PERFECTED"
	NotBelowLine         Code = "NOT_BELOW_LINE"
	PlaceTaken           Code = "PLACE_TAKEN" // other goods are stored there
	Shortage             Code = "SHORTAGE"    // fewer goods are in the lot than its receipts stand for, or they are mixed with others
	LiquidationEarly     Code = "LIQUIDATION_EARLY"
	BelowLeast           Code = "BELOW_LEAST" // what stays is worth less than the least value of the pledge
	NotValued            Code = "NOT_VALUED"
	NotInsured           Code = "NOT_INSURED"
	Commingled           Code = "COMMINGLED"
	ReductionUnknown     Code = "REDUCTION_UNKNOWN"
	InvoiceReissued      Code = "INVOICE_REISSUED"
	NotDescendant        Code = "NOT_DESCENDANT" // no later stage of the collateral that it replaces
	KeyExists            Code = "KEY_EXISTS"
	ClaimExists          Code = "CLAIM_EXISTS"   // the loan already has a subsidy claim
	ClaimReplaced        Code = "CLAIM_REPLACED" // another claim of the loan took the place of this one, which was void

	DepthExceeded             Code = "DEPTH_EXCEEDED"   // split or transferred more often than the policy allows
	TransferPending           Code = "TRANSFER_PENDING" // an offered transfer waits for its answer
	TransferMissing           Code = "TRANSFER_MISSING"
	NotAssigned               Code = "NOT_ASSIGNED"   // there is no assignment of which notice could be given
	NoticeMissing             Code = "NOTICE_MISSING" // no notice waits for its acknowledgement, or none stands
	NoticeStands              Code = "NOTICE_STANDS"  // the debtor acknowledged the notice already
	SetOffForbidden           Code = "SET_OFF_FORBIDDEN"
	BelowLPR                  Code = "BELOW_LPR"   // the agreed rate of late interest is below what the regulation allows
	NoRecourse                Code = "NO_RECOURSE" // the financing is without recourse
	CollectionAccountRequired Code = "COLLECTION_ACCOUNT_REQUIRED"
)
