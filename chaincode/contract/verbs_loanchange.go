package contract

import (
	"decore/chaincode/financing"
	"decore/chaincode/lifecycle"
)

// Changes of a loan over its life: they are facts by which its subsidy is reckoned anew.
func init() {
	on(financing.Table, "cure", func(c *call, r financingRecord, a financing.CureArgs) (next lifecycle.State, err error) {
		r.Terms, next, err = r.Terms.Cure(a, c.today())
		return next, err
	})
	on(financing.Table, "reverse-repayment", func(c *call, r financingRecord, a financing.ReverseArgs) (next lifecycle.State, err error) {
		r.Terms, next, err = r.Terms.Reverse(a, c.today())
		return next, err
	})
	on(financing.Table, "request-extension", func(c *call, r financingRecord, a financing.ExtensionArgs) (next lifecycle.State, err error) {
		r.Terms, next, err = r.Terms.RequestExtension(a, r.State, c.today())
		return next, err
	})
	on(financing.Table, "extend", func(c *call, r financingRecord, _ financing.NoArgs) (next lifecycle.State, err error) {
		r.Terms, next, err = r.Terms.Extend(r.State, c.today())
		return next, err
	})
	on(financing.Table, "change-rate", func(_ *call, r financingRecord, a financing.RateArgs) (next lifecycle.State, err error) {
		r.Terms, next, err = r.Terms.ChangeRate(a, r.State)
		return next, err
	})
	on(financing.Table, "agree-rate", func(_ *call, r financingRecord, _ financing.NoArgs) (next lifecycle.State, err error) {
		r.Terms, next, err = r.Terms.AgreeRate(r.State)
		return next, err
	})
}
