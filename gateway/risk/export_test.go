package risk

import "decore/chaincode/money"

// OneEdit is oneEdit.
var OneEdit = oneEdit

// Bounds is bounds.
func Bounds(s Settings, a money.Amount) (least, most money.Amount) { return s.bounds(a) }
