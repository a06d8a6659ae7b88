package encumbrance

import (
	"cmp"
	"math/big"
	"slices"

	"github.com/shopspring/decimal"

	"decore/chaincode/ident"
	"decore/chaincode/money"
)

// Share is what a claim gets.
type Share struct {
	Financing string       `json:"financing" doc:"The claim (融资编号)"`
	Holder    ident.USCC   `json:"holder" doc:"Who gets it (权利人)"`
	Amount    money.Amount `json:"amount" doc:"Yuan (受偿金额)"`
}

// Distribute pays the tiers one after the other from the proceeds (价款分配). Within a tier that they do not cover, each
// claim gets its part by amount, cut to the fen, and the fen that are left over go to the largest remainders, then by the
// order of names. What all claims leave is the owner's. Shares and left always add up to the proceeds.
func Distribute(proceeds money.Amount, tiers []Tier) (shares []Share, left money.Amount) {
	left = money.Max(money.Zero, proceeds)
	shares = []Share{}
	for _, t := range tiers {
		owed := money.Zero
		for _, c := range t.Claims {
			owed = owed.Add(due(c))
		}
		paid := money.Min(left, owed)
		for i, part := range split(fen(paid), fen(owed), t.Claims) {
			shares = append(shares, Share{t.Claims[i].Financing, t.Claims[i].Holder, money.Round(decimal.NewFromBigInt(part, -2))})
		}
		left = left.Sub(paid)
	}
	return shares, left
}

func due(c Claim) money.Amount { return money.Max(money.Zero, c.Amount) }

// fen is the amount in fen. Products of two amounts are past 64 bits.
func fen(a money.Amount) *big.Int { return a.Decimal().Shift(2).BigInt() }

// split parts paid, of what is owed in all, among the claims; it returns one part a claim.
func split(paid, owed *big.Int, claims []Claim) []*big.Int {
	parts, remainders := make([]*big.Int, len(claims)), make([]*big.Int, len(claims))
	spare := new(big.Int).Set(paid)
	for i, c := range claims {
		parts[i], remainders[i] = new(big.Int), new(big.Int)
		if owed.Sign() > 0 {
			parts[i].QuoRem(new(big.Int).Mul(paid, fen(due(c))), owed, remainders[i])
		}
		spare.Sub(spare, parts[i])
	}
	order := make([]int, len(claims))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(remainders[b].Cmp(remainders[a]), byName(claims[a], claims[b]), a-b)
	})
	for _, i := range order[:int(spare.Int64())] {
		parts[i].Add(parts[i], big.NewInt(1))
	}
	return parts
}
