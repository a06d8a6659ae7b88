package receipt

import (
	"bytes"
	"fmt"
	"slices"

	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/evidence"
	"decore/chaincode/ident"
	"decore/chaincode/party"
	"decore/gateway/verification"
)

// Option asks more of a receipt.
type Option func(*checker)

// Anchor demands that the ledger was founded with this key of the regulator: its RFC 7638 thumbprint, got
// from the regulator and not from the receipt.
func Anchor(keyID string) Option { return func(c *checker) { c.pinned = keyID } }

// Signed demands that an issuer signed the receipt.
func Signed() Option { return func(c *checker) { c.mustBeSigned = true } }

// Report is what a receipt says and whether it holds.
type Report struct {
	Ledger       string                    `json:"ledger"`
	Record       string                    `json:"record"`
	Issued       evidence.Instant          `json:"issued"`
	IssuedFor    ident.USCC                `json:"issuedFor"`
	Issuer       ident.USCC                `json:"issuer,omitzero"` // "" when nobody signed it
	Anchor       string                    `json:"anchor"`          // the regulator's founding key
	Pinned       bool                      `json:"pinned"`          // the reader knew the anchor before
	AsOf         verification.AsOf         `json:"asOf"`
	Verification verification.Verification `json:"verification"`
	Commands     []Line                    `json:"commands"`
	Failures     []Failure                 `json:"failures"`
}

// Line is one command in words.
type Line struct {
	ID      string           `json:"id"`
	Verb    string           `json:"verb,omitzero"` // "" when withheld
	Party   ident.USCC       `json:"party,omitzero"`
	Name    string           `json:"name,omitzero"`
	Subject string           `json:"subject"`
	Time    evidence.Instant `json:"time"` // of the transaction
	Block   uint64           `json:"block"`
}

// Verify checks a receipt offline (离线验真). The error wraps ErrForm when the bytes are no receipt, and is a
// *FailedError when they are one that does not hold; the report is filled as far as could be read.
func Verify(raw []byte, options ...Option) (Report, error) {
	file, err := Read(raw)
	if err != nil {
		return Report{}, err
	}
	c := &checker{file: file, content: &file.Content}
	if c.canonical, err = canon.Marshal(file.Content); err != nil {
		return Report{}, fmt.Errorf("%w: %w", ErrForm, err)
	}
	for _, o := range options {
		o(c)
	}
	for _, step := range []func(){c.sealed, c.order, c.blocks, c.replay, c.stated, c.openings, c.judged} {
		step()
	}
	if len(c.failures) > 0 {
		return c.report(), &FailedError{c.failures}
	}
	return c.report(), nil
}

// checker is a receipt while it is checked.
type checker struct {
	file         File
	content      *Content
	canonical    []byte // of the content
	pinned       string
	mustBeSigned bool

	registry registry
	commands []*verification.Command // those that could be read
	lines    []Line
	facts    verification.Facts
	failures []Failure
}

func (c *checker) fail(code Code, where, detail string, args ...any) {
	c.failures = append(c.failures, Failure{code, where, fmt.Sprintf(detail, args...)})
}

// sealed checks the digest over the content.
func (c *checker) sealed() {
	if digest(c.canonical) != c.file.Digest {
		c.fail(DigestMismatch, "digest", "")
	}
}

func place(e Entry) []int { return []int{int(e.Position.Block), e.Position.TxIndex, e.Position.Index} }

// order checks that the commands stand in ledger order, each once.
func (c *checker) order() {
	seen := map[string]bool{}
	for i, e := range c.content.Commands {
		where := fmt.Sprintf("commands/%d", i)
		if i > 0 && slices.Compare(place(c.content.Commands[i-1]), place(e)) >= 0 {
			c.fail(OutOfOrder, where, "")
		}
		if seen[e.Result.Command] {
			c.fail(CommandRepeated, where, "%s", e.Result.Command)
		}
		seen[e.Result.Command] = true
	}
}

// blocks checks that the blocks chain where they are next to each other, and that every command's is there.
func (c *checker) blocks() {
	known := map[uint64]bool{}
	for i, b := range c.content.Blocks {
		known[b.Number] = true
		where := fmt.Sprintf("blocks/%d", i)
		asOf := c.content.AsOf
		if b.Number > asOf.Block || b.Number == asOf.Block && b.Hash != asOf.Hash {
			c.fail(BlocksBroken, where, "it does not fit the block as of which the receipt is")
		}
		if i == 0 {
			continue
		}
		before := c.content.Blocks[i-1]
		if before.Number >= b.Number || before.Number+1 == b.Number && before.Hash != b.Previous {
			c.fail(BlocksBroken, where, "it does not follow the block before")
		}
	}
	for i, e := range c.content.Commands {
		if !known[e.Position.Block] {
			c.fail(BlocksBroken, fmt.Sprintf("commands/%d", i), "block %d is not listed", e.Position.Block)
		}
	}
}

// replay reads the commands one after the other and makes the registry from them.
func (c *checker) replay() {
	for i, e := range c.content.Commands {
		where := fmt.Sprintf("commands/%d", i)
		if e.JWS == "" {
			c.withheld(e)
			continue
		}
		cmd, err := (*verification.Memory)(nil).Read(e.JWS, e.Result, e.Position)
		if err != nil {
			c.fail(CommandUnreadable, where, "%v", err)
			continue
		}
		if e.Result.Command != cmd.ID || e.Result.Record != cmd.Subject || e.Result.Status != contract.Accepted {
			c.fail(ResultMismatch, where, "%s", cmd.ID)
		}
		if f := c.registry.step(cmd); f != nil {
			f.Where = where
			c.failures = append(c.failures, *f)
		}
		if c.about(cmd.Subject) {
			c.commands = append(c.commands, cmd)
		}
		c.lines = append(c.lines, Line{cmd.ID, cmd.Verb, cmd.Party, c.registry.parties[cmd.Party].Name, cmd.Subject, e.Position.Time, e.Position.Block})
	}
	if c.registry.anchor == "" {
		c.fail(FoundingMissing, "commands", "")
	}
}

func (c *checker) withheld(e Entry) {
	if c.about(e.Result.Record) {
		c.commands = append(c.commands, &verification.Command{Subject: e.Result.Record, Result: e.Result, Position: e.Position})
	}
	c.lines = append(c.lines, Line{ID: e.Result.Command, Subject: e.Result.Record, Time: e.Position.Time, Block: e.Position.Block})
}

// about reports whether the subject is one of the records, or one of those of its kind that it is made of.
func (c *checker) about(subject string) bool {
	return slices.ContainsFunc(c.content.told(), func(h contract.Header) bool {
		return h.ID == subject || slices.Contains(h.Wholes(), subject)
	})
}

// stated compares what the receipt says of registry, policy and issuer with what the commands made.
func (c *checker) stated() {
	r := &c.registry
	if c.pinned != "" && r.anchor != c.pinned {
		c.fail(AnchorMismatch, "commands/0", "founded with key %s", r.anchor)
	}
	if c.content.Ledger != r.charter.Ledger || !equal(c.content.Charter, r.charter) {
		c.fail(CharterDiffers, "charter", "")
	}
	if ref, err := policyRef(r.policy); err != nil || ref != c.content.Policy {
		c.fail(PolicyDiffers, "policy", "the commands make version %d", r.policy.Version)
	}
	if !equal(c.content.Parties, r.list()) {
		c.fail(PartiesDiffer, "parties", "%s", differing(c.content.Parties, r.parties))
	}
	c.issuer()
}

func differing(stated []party.Party, replayed map[ident.USCC]party.Party) ident.USCC {
	for _, p := range stated {
		if !equal(p, replayed[p.USCC]) {
			return p.USCC
		}
	}
	return ""
}

// issuer checks the receipt's own signature with the issuer's key at the time of issue.
func (c *checker) issuer() {
	if c.file.Signature == "" {
		if c.mustBeSigned || c.content.Issuer != "" {
			c.fail(ReceiptUnsigned, "signature", "")
		}
		return
	}
	sig, err := parseSignature(c.file.Signature)
	if err != nil {
		c.fail(ReceiptSignatureInvalid, "signature", "%v", err)
		return
	}
	key, err := c.registry.parties[c.content.Issuer].Key(sig.kid, c.content.Issued.Time, c.registry.policy.CommandMaxSkew())
	if err != nil {
		c.fail(ReceiptSignatureInvalid, "signature", "the issuer's key: %v", err)
		return
	}
	if pub, err := key.JWK.PublicKey(); err != nil || !sig.verify(c.canonical, pub) {
		c.fail(ReceiptSignatureInvalid, "signature", "")
	}
}

// judged makes the verification again from the contents.
func (c *checker) judged() {
	f := &c.facts
	f.Commands, f.Parties, f.Documents = c.commands, c.registry.parties, c.content.Documents
	f.Liens, f.Policy, f.AsOf = c.content.Verification.Encumbrances, c.registry.policy, c.content.AsOf
	f.Now, f.Caller = c.content.Issued, c.content.IssuedFor
	again := verification.Judge(*f)
	if equal(again, c.content.Verification) {
		return
	}
	for i, finding := range again.Checks {
		if i >= len(c.content.Verification.Checks) || finding != c.content.Verification.Checks[i] {
			c.fail(FindingsDiffer, "verification/checks/"+finding.Check, "it comes to %s %s", finding.Verdict, finding.Reason)
			return
		}
	}
	c.fail(FindingsDiffer, "verification", "it comes to %s", again.Verdict)
}

func (c *checker) report() Report {
	content := c.content
	r := Report{Ledger: content.Ledger, Record: content.Verification.Record, Issued: content.Issued, IssuedFor: content.IssuedFor,
		Anchor: c.registry.anchor, Pinned: c.pinned != "" && c.pinned == c.registry.anchor, AsOf: content.AsOf,
		Verification: content.Verification, Commands: c.lines, Failures: c.failures}
	if c.file.Signature != "" {
		r.Issuer = content.Issuer
	}
	return r
}

func equal(a, b any) bool {
	x, errA := canon.Marshal(a)
	y, errB := canon.Marshal(b)
	return errA == nil && errB == nil && bytes.Equal(x, y)
}
