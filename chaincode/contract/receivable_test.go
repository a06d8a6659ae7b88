package contract_test

import (
	"maps"

	"decore/chaincode/contract/contracttest"
	"decore/chaincode/evidence"
	"decore/chaincode/fault"
	"decore/chaincode/financing"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/chaincode/money"
	"decore/chaincode/order"
	"decore/chaincode/receivable"
)

// openStates are those from which a receivable can change hands.
var openStates = []lifecycle.State{receivable.Registered, receivable.Requested, receivable.Confirmed, receivable.Unanswered, receivable.Disputed,
	receivable.Overdue}

func (w *world) rec(id string) (t receivable.Terms) { w.Terms(id, &t); return t }

func splitInto(amounts ...string) receivable.SplitArgs {
	var a receivable.SplitArgs
	for _, amount := range amounts {
		a.Children = append(a.Children, receivable.Part{ID: contracttest.NewID("REC"), Amount: yuan(amount)})
	}
	return a
}

// parts splits a receivable and returns its parts in the order of the amounts.
func (w *world) parts(id string, amounts ...string) []string {
	w.T.Helper()
	a := splitInto(amounts...)
	w.Do(w.SME, "receivable.split", id, a)
	var ids []string
	for _, p := range a.Children {
		ids = append(ids, p.ID)
	}
	return ids
}

func (w *world) redLetter(amount string) receivable.DiluteArgs {
	return receivable.DiluteArgs{RedLetter: w.invoice(), Amount: yuan(amount), Date: w.today()}
}

// reinstatement names the first reduction of a receivable.
func (w *world) reinstatement(id string) receivable.ReinstateArgs {
	if w.Header(id).ID == "" || len(w.rec(id).Reductions) == 0 {
		return receivable.ReinstateArgs{Kind: receivable.RedLetter, Number: "26372000000000000009", Amount: yuan("1.00")}
	}
	r := w.rec(id).Reductions[0]
	return receivable.ReinstateArgs{Kind: r.Kind, Number: r.Number, Amount: r.Amount}
}

// reinstatable brings receivables with a reduction into each state.
func reinstatable() map[lifecycle.State]func(*world) string {
	all := inOpenStates(func(w *world, id string) string { return w.after(id, w.SME, "receivable.dilute", w.redLetter("10.00")) })
	all[receivable.Paid] = func(w *world) string {
		return w.after(w.registered(), w.Leader, "receivable.set-off", w.counterClaim("1000.00"))
	}
	return all
}

func (w *world) wrongInvoice(amount string) receivable.DiluteArgs {
	a := w.redLetter(amount)
	a.Cause = receivable.InvoiceError
	return a
}

// reissuable brings receivables in the hands of bank A, whose invoice was wrong, into each state.
func reissuable() map[lifecycle.State]func(*world) string {
	taken := func(amount string) func(w *world, id string) string {
		return func(w *world, id string) string {
			return w.after(id, w.SME, "receivable.dilute", w.wrongInvoice(amount))
		}
	}
	all := inHandsOfA(taken("10.00"))
	assigned := func(w *world) string { id, _ := w.assignedToA(w.registered()); return id }
	all[receivable.Paid] = func(w *world) string {
		return w.after(taken("10.00")(w, assigned(w)), w.BankA, "receivable.pay", w.payment("990.00"))
	}
	all[receivable.Voided] = func(w *world) string { return taken("1000.00")(w, assigned(w)) }
	return all
}

// declaredSetOff is set off by its buyer against bank A, which did not accept it.
func (w *world) declaredSetOff(id string) string {
	return w.after(id, w.Leader, "receivable.set-off", w.counterClaim("10.00"))
}

// shortLoan is one whose receivable does not carry it any more.
func (w *world) shortLoan() string {
	rec := w.granted()
	id := w.disbursed(w.BankA, rec, "500.00")
	w.Do(w.SME, "receivable.dilute", rec, w.redLetter("600.00"))
	return id
}

func (w *world) counterClaim(amount string) receivable.SetOffArgs {
	return receivable.SetOffArgs{Amount: yuan(amount), Claim: ident.DocumentNumber(contracttest.NewID("CC")[3:]), Arisen: w.today(), Due: w.today()}
}

var proof = receivable.NotifyArgs{Evidence: "factoring contract 7", Identity: "business licence and seal"}

// offeredTo offers a receivable to the second supplier.
func (w *world) offeredTo(id string) string {
	return w.after(id, w.SME, "receivable.transfer", receivable.TransferArgs{To: w.SME2.USCC})
}

// passedOn makes the second supplier its creditor.
func (w *world) passedOn(id string) string {
	return w.after(w.offeredTo(id), w.SME2, "receivable.accept-transfer", receivable.AnswerArgs{})
}

// overdue brings a receivable past its due day.
func (w *world) overdue(id string) string {
	w.Pass(61 * days)
	return w.after(id, w.SME, "receivable.mark-overdue", receivable.OverdueArgs{})
}

// assignedToA establishes bank A's lien on a receivable.
func (w *world) assignedToA(id string) (rec, loan string) {
	w.T.Helper()
	w.grantTo(id, w.BankA)
	loan = w.accepted(w.BankA, id, "100.00")
	w.Do(w.BankA, "financing.reserve", loan, financing.ReserveArgs{Hours: 24})
	w.Do(w.BankA, "financing.encumber", loan, w.registration(90))
	return id, loan
}

// noticeOfA lets bank A give notice of its lien.
func (w *world) noticeOfA(id string) string {
	return w.after(id, w.BankA, "receivable.notify", proof)
}

// received lets the buyer acknowledge it.
func (w *world) received(id string) string {
	return w.after(id, w.Leader, "receivable.acknowledge-notice", receivable.AcknowledgeArgs{})
}

// inOpenStates brings receivables into each open state, with what else is to be so of them.
func inOpenStates(then func(w *world, id string) string) map[lifecycle.State]func(*world) string {
	all := map[lifecycle.State]func(*world) string{}
	for _, s := range []lifecycle.State{receivable.Disputed, receivable.Overdue} {
		guards["receivable.accept-set-off "+string(s)+" sme"] = fault.Encumbered
	}
	for _, s := range append([]lifecycle.State{receivable.Paid, receivable.Voided}, openStates...) {
		// While a bank holds the claim, it says whether the delivery is set free.
		guards["receivable.reissue "+string(s)+" sme"] = fault.Encumbered
	}
	for _, s := range openStates {
		all[s] = func(w *world) string { return then(w, build["receivable"][s](w)) }
	}
	return all
}

// inHandsOfA is inOpenStates with a lien of bank A, which is not to be had on what is past due.
func inHandsOfA(then func(w *world, id string) string) map[lifecycle.State]func(*world) string {
	all := inOpenStates(func(w *world, id string) string {
		rec, _ := w.assignedToA(id)
		return then(w, rec)
	})
	all[receivable.Overdue] = func(w *world) string {
		rec, _ := w.assignedToA(w.registered())
		return then(w, w.overdue(rec))
	}
	return all
}

func init() {
	maps.Copy(build["receivable"], map[lifecycle.State]func(*world) string{
		receivable.Overdue: func(w *world) string { return w.overdue(w.registered()) },
		receivable.Voided: func(w *world) string {
			return w.after(w.registered(), w.SME, "receivable.dilute", w.redLetter("1000.00"))
		},
		receivable.WrittenOff: func(w *world) string {
			return w.after(w.overdue(w.registered()), w.SME, "receivable.write-off", receivable.WriteOffArgs{Reason: "the buyer is bankrupt"})
		},
		receivable.Split: func(w *world) string { id := w.registered(); w.parts(id, "400.00", "600.00"); return id },
	})
	build["financing"][financing.BoughtBack] = func(w *world) string {
		return w.after(w.disbursed(w.BankA, w.granted(), "500.00"), w.BankA, "financing.buy-back", w.buyBack())
	}
	maps.Copy(sample, map[string]func(w *world, id string) any{
		"order.set-collection-account": func(w *world, _ string) any {
			return order.CollectionAccount{Bank: w.BankA.USCC, Number: "6222-0200-1122"}
		},
		"receivable.set-off": func(w *world, _ string) any { return w.counterClaim("10.00") },
		"receivable.dilute":  func(w *world, _ string) any { return w.redLetter("10.00") },
		"receivable.prove-notice": func(w *world, _ string) any {
			return receivable.ProofArgs{Proof: "EMS 1234567890", Received: evidence.InstantOf(w.State.Now)}
		},
		"receivable.accept-set-off": func(w *world, id string) any {
			a := w.reinstatement(id)
			return receivable.AcceptSetOffArgs{Claim: ident.DocumentNumber(a.Number), Amount: a.Amount}
		},
		"receivable.reissue": func(w *world, id string) any {
			if a := w.reinstatement(id); a.Kind == receivable.RedLetter {
				return receivable.ReissueArgs{RedLetter: ident.InvoiceNumber(a.Number)}
			}
			return receivable.ReissueArgs{RedLetter: "26372000000000000009"}
		},
		"receivable.reinstate":          func(w *world, id string) any { return w.reinstatement(id) },
		"receivable.split":              func(*world, string) any { return splitInto("400.00", "600.00") },
		"receivable.transfer":           func(w *world, _ string) any { return receivable.TransferArgs{To: w.SME2.USCC} },
		"receivable.accept-transfer":    none,
		"receivable.decline-transfer":   none,
		"receivable.recall-transfer":    none,
		"receivable.notify":             func(*world, string) any { return proof },
		"receivable.acknowledge-notice": none,
		"receivable.withdraw-notice":    none,
		"receivable.mark-overdue":       func(w *world, _ string) any { w.Pass(61 * days); return receivable.OverdueArgs{} },
		"receivable.write-off":          func(w *world, _ string) any { w.Pass(61 * days); return receivable.WriteOffArgs{Reason: "hopeless"} },
		"financing.collect": func(w *world, id string) any {
			if w.Header(id).ID == "" {
				return financing.CollectArgs{Receivable: "REC-0"}
			}
			return financing.CollectArgs{Receivable: firstOf(w.financing(id).Collateral), Amount: yuan("10.00"), Date: w.today(), Reference: contracttest.NewID("CL")}
		},
		"financing.buy-back":    func(w *world, _ string) any { return w.buyBack() },
		"financing.call-margin": func(w *world, _ string) any { return financing.MarginArgs{Until: w.today().AddDays(5)} },
	})
	maps.Copy(special, map[string]map[lifecycle.State]func(*world) string{
		"receivable.reinstate": reinstatable(),
		"receivable.reissue":   reissuable(),
		"financing.call-margin": {
			financing.Disbursed: (*world).shortLoan,
			financing.Overdue: func(w *world) string {
				id := w.shortLoan()
				w.Pass(91 * days)
				return w.after(id, w.BankA, "financing.mark-overdue", financing.NoArgs{})
			},
		},
		"receivable.accept-transfer":    inOpenStates((*world).offeredTo),
		"receivable.decline-transfer":   inOpenStates((*world).offeredTo),
		"receivable.recall-transfer":    inOpenStates((*world).offeredTo),
		"receivable.notify":             inHandsOfA(func(_ *world, id string) string { return id }),
		"receivable.acknowledge-notice": inHandsOfA((*world).noticeOfA),
		"receivable.withdraw-notice":    inHandsOfA((*world).noticeOfA),
		"receivable.prove-notice":       inHandsOfA((*world).noticeOfA),
		"receivable.accept-set-off": {
			receivable.Disputed: func(w *world) string { id, _ := w.assignedToA(w.registered()); return w.declaredSetOff(id) },
			receivable.Overdue: func(w *world) string {
				id, _ := w.assignedToA(w.registered())
				return w.overdue(w.declaredSetOff(id))
			},
		},
	})
	maps.Copy(special["receivable.revoke"], map[lifecycle.State]func(*world) string{
		receivable.Voided: func(w *world) string {
			return w.after(w.grantB("receivable", w.registered()), w.SME, "receivable.dilute", w.redLetter("1000.00"))
		},
		receivable.WrittenOff: func(w *world) string {
			return w.after(w.overdue(w.shownToB()), w.SME, "receivable.write-off", receivable.WriteOffArgs{Reason: "hopeless"})
		},
		receivable.Split: func(w *world) string {
			id := w.grantB("receivable", w.registered())
			w.parts(id, "400.00", "600.00")
			return id
		},
	})
	for _, s := range []lifecycle.State{order.Created, order.Attested, order.Delivering, order.Delivered} {
		// The seller has not named an account yet.
		guards["order.set-collection-account "+string(s)+" leader"] = fault.CollectionAccountRequired
	}
	for _, s := range openStates {
		// A notice is withdrawn by who is to be paid, and not by who gave the claim away.
		guards["receivable.withdraw-notice "+string(s)+" sme"] = fault.NotPermitted
		guards["receivable.prove-notice "+string(s)+" sme"] = fault.NotPermitted
	}
}

// shownToB is a receivable that bank B may see for long.
func (w *world) shownToB() string {
	id := w.registered()
	w.grantTo(id, w.BankB)
	return id
}

func (w *world) buyBack() financing.BuyBackArgs {
	return financing.BuyBackArgs{Interest: yuan("1.00"), Date: w.today(), Reference: contracttest.NewID("BB")}
}

// inForce are the sums of what is owed on the receivables.
func (w *world) inForce(ids ...string) money.Amount {
	sum := money.Zero
	for _, id := range ids {
		sum = sum.Add(w.rec(id).Outstanding)
	}
	return sum
}

// late61 is a copy of the world in which the receivable is past due.
func (w *world) late61(id string) *world {
	c := w.fork(w.T)
	c.Pass(61 * days)
	c.Do(c.BankA, "receivable.mark-overdue", id, receivable.OverdueArgs{})
	return c
}

func withContract(a receivable.SetOffArgs, number ident.DocumentNumber) receivable.SetOffArgs {
	a.Contract = number
	return a
}

func invoiceOf(r receivable.Reduction) ident.InvoiceNumber { return ident.InvoiceNumber(r.Number) }
