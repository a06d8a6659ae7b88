// Package trust shows by test that nobody on a decore network needs to be trusted alone (信任验证): its tests start a
// network of five organisations as real processes, in which one, and at last two, are dishonest. They run an altered
// chaincode, skip the gateway, make transactions by hand and ask other organisations' peers for what is not theirs.
//
// Nothing of it goes through, except where the finance bureau itself conspires with another organisation; then an
// audit by any honest one finds what was forged.
package trust
