package contract

// MaxTrial is the most commands that a trial may carry: what several transactions would carry one after the other is
// tried as a whole, so that each command meets what the ones before it would do.
const MaxTrial = 25 * MaxBatch

// trialMark ends the ledger's name in a command that is only to be tried. No ledger has a name that ends so.
const trialMark = "?"

// Trial is the name by which a command addresses a ledger when it is only to be tried (试运行). It carries a good
// signature, so whoever gets hold of it must not be able to submit it: a ledger takes a command of this name in a
// trial alone.
func Trial(ledger string) string { return ledger + trialMark }

func (b Batch) most() int {
	if b.Trial {
		return MaxTrial
	}
	return MaxBatch
}

// addresses reports whether the command is meant for the ledger. In a trial a command that could be submitted is as
// good as one that is only to be tried.
func (c *call) addresses(ledger string) bool {
	return c.cmd.Ledger == ledger || c.trial && c.cmd.Ledger == Trial(ledger)
}
