package contract_test

import (
	"fmt"
	"testing"

	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/encumbrance"
	"decore/chaincode/financing"
	"decore/chaincode/lifecycle"
)

const racers = 64

// rivals are financings of the same receivable, each at a bank of its own, all ready to reserve.
func (w *world) rivals(rec string, n int) (banks []*contracttest.Actor, financings []string) {
	w.T.Helper()
	for i := range n {
		bank := contracttest.NewActor(1000+i, []string{"BankAMSP", "BankBMSP"}[i%2], lifecycle.Bank)
		w.Admit(bank)
		w.grant(rec, bank)
		banks, financings = append(banks, bank), append(financings, w.accepted(bank, rec, "100.00"))
	}
	return banks, financings
}

func TestSixtyFourFinancingsReserveOneReceivableAndOneWins(t *testing.T) {
	t.Parallel()
	base := newWorld(t)
	rec := base.registered()
	banks, financings := base.rivals(rec, racers)
	sign := func(w *world) (commands []string, openings [][]byte) {
		for i, bank := range banks {
			jws, opening := w.Sign(bank, "financing.reserve", financings[i], financing.ReserveArgs{Hours: 1})
			commands, openings = append(commands, jws), append(openings, opening)
		}
		return commands, openings
	}
	for _, size := range []int{9, racers} {
		t.Run(fmt.Sprintf("in batches of %d", size), func(t *testing.T) {
			w := base.fork(t)
			commands, openings := sign(w)
			var results []contract.Result
			for i := 0; i < racers; i += size {
				end := min(i+size, racers)
				results = append(results, w.run(batch(commands[i:end], openings[i:end]...))...)
			}
			winners := 0
			for i, r := range results {
				switch {
				case r.Status == contract.Accepted:
					winners++
				case r.Code != lienTaken || r.Field != "/collateral/0":
					t.Errorf("financing %d: got %+v", i, r)
				}
			}
			if winners != 1 || len(w.book(rec).Liens) != 1 {
				t.Errorf("%d winners, liens %+v", winners, w.book(rec).Liens)
			}
		})
	}
}

const lienTaken = "ENCUMBERED"

func (w *world) book(record string) encumbrance.Book {
	w.T.Helper()
	var b encumbrance.Book
	w.read(contract.BookKey(w.Header(record).Root), &b)
	return b
}
