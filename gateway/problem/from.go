package problem

import (
	"context"
	"errors"

	"github.com/go-json-experiment/json"

	"decore/adapters/ledger"
	"decore/chaincode/calendar"
	"decore/chaincode/canon"
	"decore/chaincode/evidence"
	"decore/chaincode/fault"
	"decore/chaincode/fund"
	"decore/chaincode/goods"
	"decore/chaincode/ident"
	"decore/chaincode/money"
	"decore/gateway/auth"
	"decore/gateway/keystore"
	"decore/gateway/submit"
)

// causes says which code answers which error; the first that matches counts.
var causes = []struct {
	err  error
	code string
}{
	{ledger.ErrBusy, TooManyRequests},
	{ledger.ErrUnknown, OutcomeUnknown},
	{ledger.ErrConflict, TooManyRequests},
	{ledger.ErrDamaged, LedgerDamaged},
	{ledger.ErrUnavailable, LedgerUnavailable},
	{ledger.ErrNotFound, NotFound},
	{submit.ErrClosed, Stopping},
	{submit.ErrTooMany, BatchSize},
	{keystore.ErrNoKey, KeyNotHosted},
	{context.DeadlineExceeded, TimedOut},
	{context.Canceled, TimedOut},
}

// From returns the problem that answers an error. An error that nothing here knows is an internal one; it stays
// beneath for the log and is not shown.
func From(err error) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		return p
	}
	var token *auth.Error
	if errors.As(err, &token) {
		return New(string(token.Code)).Because(token.Reason, "").With(err)
	}
	if f := fault.Of(err); f != nil {
		return New(string(f.Code)).At(f.Field).Under(f.Clause).For(f.Reasons)
	}
	var unknown *submit.UnknownRecordError
	if errors.As(err, &unknown) {
		return New(TermsNotHere).Because(unknown.Record, unknown.Record)
	}
	for _, c := range causes {
		if errors.Is(err, c.err) {
			return New(c.code).With(err)
		}
	}
	return New(Internal).With(err)
}

// FromField returns the fault of a field that a type of the domain refused to read.
func FromField(err error) Item {
	var field *canon.FieldError
	location := ""
	if errors.As(err, &field) {
		location, err = field.Pointer, field.Err
	}
	code, text := reason(err)
	return NewItem(location, code, nil, text)
}

// identifiers says which code answers which kind of identifier.
var identifiers = map[ident.Kind]string{
	ident.KindUSCC:           USCCInvalid,
	ident.KindInvoiceNumber:  InvoiceInvalid,
	ident.KindDocumentNumber: DocumentInvalid,
}

// identifierFaults are the faults of package ident in Chinese; its own reasons are English.
var identifierFaults = map[ident.Fault]string{
	ident.FaultLength:            "长度不正确",
	ident.FaultAlphabet:          "含有不允许的字符",
	ident.FaultForm:              "格式不正确（数电票为 20 位数字，其他发票写作 代码-号码）",
	ident.FaultArea:              "第 3 至 8 位应为行政区划代码（GB/T 2260）",
	ident.FaultOrganisationCheck: "第 17 位与组织机构代码校验码不符（GB 11714）",
	ident.FaultCheck:             "校验码不正确",
	ident.FaultYear:              "前两位应为开票年份",
}

func reason(err error) (string, Text) {
	var id *ident.Error
	switch {
	case errors.As(err, &id):
		code, known := identifiers[id.Kind]
		if !known {
			code = IdentifierInvalid
		}
		return code, Text{id.Reason, identifierFaults[id.Fault]}
	case errors.Is(err, money.ErrAmount):
		return AmountInvalid, Text{}
	case errors.Is(err, goods.ErrQuantity):
		return QuantityInvalid, Text{}
	case errors.Is(err, money.ErrRate):
		return RateInvalid, Text{}
	case errors.Is(err, calendar.ErrDate):
		return DateInvalid, Text{}
	case errors.Is(err, evidence.ErrInstant):
		return TimeInvalid, Text{}
	case errors.Is(err, fund.ErrMonth):
		return MonthInvalid, Text{}
	case errors.Is(err, json.ErrUnknownName):
		return FieldUnknown, Text{}
	}
	return FieldType, Text{err.Error(), ""}
}
