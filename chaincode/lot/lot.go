package lot

import (
	"decore/chaincode/calendar"
	"decore/chaincode/fault"
	"decore/chaincode/goods"
	"decore/chaincode/ident"
	lc "decore/chaincode/lifecycle"
	"decore/chaincode/money"
)

// Terms are the private terms of a lot. At all times Receipted + Missing ≤ Quantity, but for goods that were not found
// though receipts stand for them: that makes the lot doubted, which everybody sees who lends on its receipts.
type Terms struct {
	Owner      ident.USCC        `json:"owner"`  // 货主、存货人
	Keeper     ident.USCC        `json:"keeper"` // 保管人
	Goods      goods.Description `json:"goods"`
	Order      string            `json:"order,omitzero"` // record ID of the order for which the goods are
	OrderShare money.Amount      `json:"orderShare"`     // what of the order's amount the goods stand for, as long as they are here
	Left       money.Amount      `json:"left"`           // what of it left with goods, and is not given back to the order yet
	Declared   goods.Quantity    `json:"declared"`
	Quantity   goods.Quantity    `json:"quantity"`          // 在库数量: what the keeper answers for
	Receipted  goods.Quantity    `json:"receipted"`         // under live warehouse receipts
	Missing    goods.Quantity    `json:"missing"`           // lost, damaged, or not found, beside what receipts say that they lost
	Lost       goods.Quantity    `json:"lost,omitzero"`     // what live receipts say that they lost
	Site       string            `json:"site,omitzero"`     // 仓库
	Position   string            `json:"position,omitzero"` // 货位
	Shared     bool              `json:"shared,omitzero"`   // 同货位: other goods stood there too when these came
	StoredOn   calendar.Date     `json:"storedOn,omitzero"`
	Commingled bool              `json:"commingled"` // 混同
	Prices     goods.Prices      `json:"prices"`
	Insurance  *goods.Insurance  `json:"insurance,omitzero"`
	Control    *Control          `json:"control,omitzero"`
	Lines      *Lines            `json:"lines,omitzero"`
	Orders     []ReleaseOrder    `json:"orders"` // of lien holders, not carried out yet
	Calls      []MarginCall      `json:"calls"`
	Movements  []Movement        `json:"movements"`
	Frozen     string            `json:"frozen,omitzero"` // why, and by whose decision
}

// Movement is one change of what is in store (出入库、盘点记录).
type Movement struct {
	Date     calendar.Date  `json:"date"`
	Kind     string         `json:"kind"`
	Quantity goods.Quantity `json:"quantity"`
	Note     string         `json:"note,omitzero"`
}

// Kinds of movements.
const (
	in       = "in"       // 入库
	out      = "out"      // 出库
	shortage = "shortage" // 盘亏、灭失
	surplus  = "surplus"  // 盘盈
	counted  = "counted"  // 盘点相符
)

// maxMovements keeps the terms below the size that a batch can carry; the oldest stay in the history.
const maxMovements = 100

func (t Terms) moved(kind string, q goods.Quantity, day calendar.Date, note string) Terms {
	ms := append(append([]Movement{}, t.Movements...), Movement{Date: day, Kind: kind, Quantity: q, Note: note})
	t.Movements = ms[max(0, len(ms)-maxMovements):]
	return t
}

// Parties lists who may read the terms by being bound by them.
func (t Terms) Parties() []ident.USCC {
	all := []ident.USCC{t.Owner, t.Keeper}
	if t.Control != nil {
		all = append(all, t.Control.Supervisor)
	}
	return all
}

// Related returns the party in a relation to the lot, "" for none.
func (t Terms) Related(as lc.Relation) ident.USCC {
	switch {
	case as == lc.Owner:
		return t.Owner
	case as == lc.Keeping:
		return t.Keeper
	case as == lc.Supervisor && t.Control != nil:
		return t.Control.Supervisor
	}
	return ""
}

// Free is what is there and under no receipt.
func (t Terms) Free() goods.Quantity { return t.Quantity.Minus(t.Receipted).Minus(t.Missing) }

// Short reports whether there is less than the receipts stand for, beside what they say themselves that they lost.
func (t Terms) Short() bool { return t.Quantity.Minus(t.Missing).Less(t.Receipted) }

// Doubted reports whether no receipt over goods of the lot can be relied on (存疑): there is too little for all of them, or the
// goods are mixed with others'.
func (t Terms) Doubted() bool { return t.Receipted.IsPositive() && (t.Commingled || t.Short()) }

// DeclareArgs are the private arguments of declare.
type DeclareArgs struct {
	Keeper     ident.USCC        `json:"keeper" doc:"Who takes the goods into storage (保管人)"`
	Goods      goods.Description `json:"goods" doc:"What the goods are (货物)"`
	Quantity   goods.Quantity    `json:"quantity" doc:"How much, with its unit (数量)"`
	Order      string            `json:"order,omitzero" doc:"Record ID of the order for which the goods are, if any (订单记录编号)"`
	OrderShare money.Amount      `json:"orderShare,omitzero" doc:"What of the order's amount the goods stand for, in yuan (对应订单金额)"`
}

// Declare makes the terms of a new lot.
func Declare(a DeclareArgs, owner ident.USCC) (Terms, error) {
	switch {
	case a.Keeper == "":
		return Terms{}, fault.New(fault.FieldRequired, "/keeper")
	case a.Keeper == owner:
		// Who borrows on goods cannot be the one who vouches for them.
		return Terms{}, fault.New(fault.SameParty, "/keeper")
	case !a.Quantity.IsPositive():
		return Terms{}, fault.New(fault.QuantityNotPositive, "/quantity")
	case (a.Order == "") != a.OrderShare.IsZero():
		return Terms{}, fault.New(fault.FieldRequired, "/orderShare")
	}
	none := a.Quantity.None()
	return Terms{Owner: owner, Keeper: a.Keeper, Goods: a.Goods, Order: a.Order, OrderShare: a.OrderShare, Declared: a.Quantity,
		Quantity: none, Receipted: none, Missing: none, Prices: goods.Prices{}, Orders: []ReleaseOrder{}, Calls: []MarginCall{},
		Movements: []Movement{}}, a.Goods.Check("/goods")
}

// StoreArgs are the private arguments of store.
type StoreArgs struct {
	Counted    goods.Quantity `json:"counted" doc:"What was counted (实收数量)"`
	Site       string         `json:"site" doc:"Warehouse (仓库)" maxLength:"100"`
	Position   string         `json:"position" doc:"Where in it: hall, bin, stack (货位)" maxLength:"100"`
	Date       calendar.Date  `json:"date" doc:"Day (入库日期)"`
	Commingled bool           `json:"commingled,omitzero" doc:"Mixed with goods of others (与他人货物混同)"`
	Shared     bool           `json:"shared,omitzero" doc:"Other goods stand in the same place, told apart (同一货位另存他货)"`
}

// Store records that the keeper has the goods (民法典 907: it has to check them in). What it counted is the lot.
func (t Terms) Store(a StoreArgs, today calendar.Date) (Terms, lc.State, error) {
	if err := t.dated(a.Counted, "/counted", a.Date, today); err != nil {
		return t, "", err
	}
	if err := (goods.Texts{goods.Required("/site", a.Site, 100), goods.Required("/position", a.Position, 100)}).Check(); err != nil {
		return t, "", err
	}
	t.Quantity, t.Site, t.Position, t.StoredOn = a.Counted, a.Site, a.Position, a.Date
	t.Commingled, t.Shared = a.Commingled, a.Shared
	return t.moved(in, a.Counted, a.Date, ""), Stored, nil
}

// AddArgs are the private arguments of add.
type AddArgs struct {
	Quantity goods.Quantity `json:"quantity" doc:"What came in (补充数量)"`
	Date     calendar.Date  `json:"date" doc:"Day (入库日期)"`
	Note     string         `json:"note,omitzero" doc:"Number of the note (入库单号)" maxLength:"64"`
}

// Add takes more of the same goods in, such as after a margin call (补足).
func (t Terms) Add(a AddArgs, today calendar.Date) (Terms, error) {
	if err := t.dated(a.Quantity, "/quantity", a.Date, today); err != nil {
		return t, err
	}
	if err := (goods.Texts{goods.Optional("/note", a.Note, 64)}).Check(); err != nil {
		return t, err
	}
	t.Quantity = t.Quantity.Plus(a.Quantity)
	return t.moved(in, a.Quantity, a.Date, a.Note), nil
}

// StockTakeArgs are the private arguments of stock-take.
type StockTakeArgs struct {
	Counted goods.Quantity `json:"counted" doc:"What was found of the whole lot, receipts included (实盘数量)"`
	Date    calendar.Date  `json:"date" doc:"Day (盘点日期)"`
	Note    string         `json:"note,omitzero" doc:"Report number, or why it differs (盘点报告号或差异原因)" maxLength:"200"`
}

// StockTake compares what is there with what the keeper answers for (盘点, GB/T 31300-2014). What is found to lack
// is missing from then on; the keeper goes on answering for it (民法典 917).
func (t Terms) StockTake(a StockTakeArgs, today calendar.Date) (Terms, error) {
	if err := t.counted(a.Counted, a.Date, today); err != nil {
		return t, err
	}
	if err := (goods.Texts{goods.Optional("/note", a.Note, 200)}).Check(); err != nil {
		return t, err
	}
	// What a receipt lost is known, and who answers for it; it is not missed a second time.
	kind, difference := counted, t.Quantity.Minus(t.lost()).Minus(a.Counted)
	t.Missing = t.Quantity.None()
	switch {
	case difference.IsPositive():
		kind, t.Missing = shortage, difference
	case !difference.IsZero():
		kind, difference = surplus, a.Counted.Minus(t.Quantity.Minus(t.lost()))
	}
	return t.moved(kind, difference, a.Date, a.Note), nil
}

func (t Terms) lost() goods.Quantity {
	if t.Lost.IsZero() { // no unit is set before a receipt loses something
		return t.Quantity.None()
	}
	return t.Lost
}

// LoseReceipted records that a receipt lost some of its goods. Where goods were not found for all receipts before, it says
// of which they lack, and they are not missed twice.
func (t Terms) LoseReceipted(q goods.Quantity, day calendar.Date, cause string) Terms {
	if t.Short() {
		lack, known := t.Receipted.Minus(t.Quantity.Minus(t.Missing)), q
		if lack.Less(known) {
			known = lack
		}
		t.Missing = t.Missing.Minus(known)
	}
	t.Lost = t.lost().Plus(q)
	return t.moved(shortage, q, day, cause)
}

func (t Terms) counted(q goods.Quantity, day, today calendar.Date) error {
	if q.IsZero() && q.Same(t.Declared) { // nothing may be what is found
		q = t.Declared
	}
	return t.dated(q, "/counted", day, today)
}

// LoseArgs are the private arguments of lose.
type LoseArgs struct {
	Quantity goods.Quantity `json:"quantity" doc:"What was lost or spoilt (灭失、毁损数量)"`
	Date     calendar.Date  `json:"date" doc:"Day (日期)"`
	Cause    string         `json:"cause" doc:"Cause (原因)" maxLength:"200"`
}

// Lose records loss or damage of what is under no receipt.
func (t Terms) Lose(a LoseArgs, today calendar.Date) (Terms, error) {
	if err := t.dated(a.Quantity, "/quantity", a.Date, today); err != nil {
		return t, err
	}
	if err := (goods.Texts{goods.Required("/cause", a.Cause, 200)}).Check(); err != nil {
		return t, err
	}
	if t.Free().Less(a.Quantity) {
		return t, fault.New(fault.OverQuantity, "/quantity")
	}
	t.Missing = t.Missing.Plus(a.Quantity)
	return t.moved(shortage, a.Quantity, a.Date, a.Cause), nil
}

// ReleaseArgs are the private arguments of release.
type ReleaseArgs struct {
	Quantity goods.Quantity `json:"quantity" doc:"What is given out (出库数量)"`
	Date     calendar.Date  `json:"date" doc:"Day (出库日期)"`
	Note     string         `json:"note" doc:"Number of the delivery note (出库单号)" maxLength:"64"`
}

// Release gives goods out that are under no receipt.
func (t Terms) Release(a ReleaseArgs, today calendar.Date) (Terms, error) {
	if err := t.dated(a.Quantity, "/quantity", a.Date, today); err != nil {
		return t, err
	}
	if err := (goods.Texts{goods.Required("/note", a.Note, 64)}).Check(); err != nil {
		return t, err
	}
	if t.Free().Less(a.Quantity) {
		return t, fault.New(fault.OverQuantity, "/quantity")
	}
	return t.leave(a.Quantity).moved(out, a.Quantity, a.Date, a.Note), nil
}

// leave takes goods out of what the keeper answers for, with their share of the order. The last goods take what is
// left of it.
func (t Terms) leave(q goods.Quantity) Terms {
	share := goods.Share(t.OrderShare, q, t.Quantity)
	t.Quantity, t.OrderShare, t.Left = t.Quantity.Minus(q), t.OrderShare.Sub(share), t.Left.Add(share)
	return t
}

// Give ends the lot before anything was stored: all of its share goes back to the order.
func (t Terms) Give() Terms {
	t.Left, t.OrderShare = t.Left.Add(t.OrderShare), money.Zero
	return t
}

// Settle gives the order back what left with goods: from then on it may be shipped.
func (t Terms) Settle() (next Terms, left money.Amount) {
	left, t.Left = t.Left, money.Zero
	return t, left
}

// State is where the lot stands after goods left it.
func (t Terms) State() lc.State {
	if t.Quantity.IsPositive() {
		return Stored
	}
	return Exhausted
}

// Cover puts goods under a new warehouse receipt.
func (t Terms) Cover(q goods.Quantity, field string) (Terms, error) {
	switch {
	case !q.Same(t.Quantity):
		return t, fault.New(fault.UnitMismatch, field)
	case !q.IsPositive():
		return t, fault.New(fault.QuantityNotPositive, field)
	case t.Free().Less(q):
		// 民法典担保制度解释 art. 59: several receipts over the same goods are the fraud that this refuses.
		return t, fault.New(fault.OverQuantity, field).Under("民法典担保制度解释 art. 59")
	}
	t.Receipted = t.Receipted.Plus(q)
	return t, nil
}

// Uncover ends a receipt whose goods stay.
func (t Terms) Uncover(q goods.Quantity) Terms {
	t.Receipted = t.Receipted.Minus(q)
	return t
}

// Deliver ends a receipt by giving out what is left of its goods. It is refused where other receipts' goods would have to
// be given for it: who stands back, a keeper with too little does not decide alone.
func (t Terms) Deliver(q, lost goods.Quantity, day calendar.Date, receipt string) (Terms, error) {
	if t.Short() {
		return t, fault.New(fault.Shortage, "/lot").Under("民法典 917")
	}
	t.Lost = t.lost().Minus(lost)
	return t.Uncover(q).leave(q).moved(out, q.Minus(lost), day, receipt), nil
}

func (t Terms) dated(q goods.Quantity, field string, day, today calendar.Date) error {
	switch {
	case !q.Same(t.Declared):
		return fault.New(fault.UnitMismatch, field)
	case !q.IsPositive():
		return fault.New(fault.QuantityNotPositive, field)
	case day.IsZero():
		return fault.New(fault.FieldRequired, "/date")
	case day.After(today):
		return fault.New(fault.DateInFuture, "/date")
	case !t.StoredOn.IsZero() && day.Before(t.StoredOn):
		return fault.New(fault.DateOrder, "/date")
	}
	return nil
}

// FreezeArgs are the private arguments of freeze.
type FreezeArgs struct {
	Reason string `json:"reason" doc:"By whose decision and why, with its number (冻结依据)" maxLength:"200"`
}

// Freeze stops everything but counting.
func (t Terms) Freeze(a FreezeArgs) (Terms, error) {
	t.Frozen = a.Reason
	return t, goods.Texts{goods.Required("/reason", a.Reason, 200)}.Check()
}
