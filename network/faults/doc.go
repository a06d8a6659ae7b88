// Package faults shows by test that a decore network loses nothing when its parts die (故障验证): its tests start a
// network and its gateways as real processes, put a load of signed commands on it over HTTP, kill one part after the
// other and bring it back.
//
// Whatever a caller was told, its command is on the ledger exactly once; where another node stands in for the lost one
// the work goes on, and where none does callers and operators are told so.
package faults
