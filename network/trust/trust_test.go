package trust_test

import (
	"testing"

	"decore/network/cluster/clustertest"
)

// TestNobodyIsTrustedAlone plays all attacks on one network, those last from which it does not recover.
func TestNobodyIsTrustedAlone(t *testing.T) {
	w := newWorld(t)
	w.run(t, "commands that bind nobody are refused wherever they come from", refuseBadCommands)
	w.run(t, "a command that was decided is not decided again", refuseReplays)
	w.run(t, "an endorsement that was held back is no good once the facts have changed", refuseHeldBack)
	w.run(t, "a transaction cannot be dated back", refuseBackdated)
	w.run(t, "a collection is not written without the finance bureau", protectCollections)
	w.run(t, "what only reads changes nothing as a transaction", readAsTransactions)
	w.run(t, "nobody is given what is not for it", keepTermsPrivate)
	w.run(t, "peers hold what their organisation may know and nothing else", holdNothingElse)
	forger := clustertest.Build(t, "./testdata/forger")
	w.run(t, "a lie that one organisation endorses", func(t *testing.T, w *world) { refuseALie(t, w, forger) })
	w.run(t, "a lie that two organisations endorse without the finance bureau", func(t *testing.T, w *world) { refuseALieOfTwo(t, w, forger) })
	w.run(t, "a lie that the finance bureau endorses too is found", func(t *testing.T, w *world) { findALie(t, w, forger) })
}
