package contract

import (
	"errors"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"decore/chaincode/calendar"
	"decore/chaincode/canon"
	"decore/chaincode/evidence"
	"decore/chaincode/fault"
	"decore/chaincode/lifecycle"
	"decore/chaincode/subsidy"
)

// The states of a measure (政策文件), all versions of which are one document.
const (
	MeasureDrafted   lifecycle.State = "drafted"   // no version is published yet (起草)
	MeasurePublished lifecycle.State = "published" // a version is, and the draft of the next may lie beside it (已发布)
	MeasureRepealed  lifecycle.State = "repealed"  // for good (已废止)
)

// MeasureKind is the kind of a measure.
const MeasureKind = "measure"

var measureTable = &lifecycle.Table{Kind: MeasureKind, Rows: []lifecycle.Row{
	{Verb: "draft", From: []lifecycle.State{lifecycle.None, MeasureDrafted, MeasurePublished}, To: []lifecycle.State{MeasureDrafted, MeasurePublished}, By: bureau,
		En: "Draft a policy document, or its next version", Zh: "起草政策文件"},
	{Verb: "publish", From: []lifecycle.State{MeasureDrafted}, To: []lifecycle.State{MeasurePublished}, By: bureau,
		En: "Put the first version of a policy document in force", Zh: "发布政策文件"},
	{Verb: "supersede", From: []lifecycle.State{MeasurePublished}, To: []lifecycle.State{MeasurePublished}, By: bureau,
		En: "Put the next version of a policy document in the place of the last", Zh: "修订政策文件"},
	{Verb: "repeal", From: []lifecycle.State{MeasurePublished}, To: []lifecycle.State{MeasureRepealed}, By: bureau,
		En: "Repeal a policy document from a day on", Zh: "废止政策文件"},
}}

// MeasureHead is where a measure stands. The versions have keys of their own and, once published, never change.
type MeasureHead struct {
	ID        string          `json:"id"`
	Policy    string          `json:"policy"`
	State     lifecycle.State `json:"state"`
	Published int             `json:"published"` // versions, the repeal among them
	Drafted   int             `json:"drafted"`   // version that is a draft; 0 for none
}

// PolicyMeasures names the measures of a policy that have a published version.
type PolicyMeasures struct {
	Measures []string `json:"measures"`
}

// Bounds of what one command reads.
const (
	maxMeasures        = 16  // of a policy
	maxMeasureVersions = 100 // of a measure
)

// DraftArgs are the public arguments of measure.draft; the subject is the measure's ID.
type DraftArgs struct {
	Measure jsontext.Value `json:"measure" doc:"The whole measure, of status draft, its version one above the last published one (政策文件内容)"`
}

// PutInForceArgs are the public arguments of measure.publish and measure.supersede.
type PutInForceArgs struct {
	Version int                 `json:"version" doc:"Version of the draft (版本)" minimum:"1"`
	Digest  evidence.Commitment `json:"digest" doc:"SHA-256 of the draft's canonical JSON, which the signer has read (草案摘要)"`
}

// RepealArgs are the public arguments of measure.repeal.
type RepealArgs struct {
	From calendar.Date `json:"from" doc:"First day on which it is no longer in force (失效日期)"`
	By   string        `json:"by" doc:"By what and why (废止依据)" minLength:"1" maxLength:"500"`
}

func init() {
	register(measureTable, "draft", true, draftMeasure)
	onMeasure("publish", (*call).putInForce)
	onMeasure("supersede", (*call).putInForce)
	onMeasure("repeal", (*call).repeal)
}

// draftMeasure keeps a draft, in the place of an earlier one of the same version.
func draftMeasure(c *call, a DraftArgs) (lifecycle.State, error) {
	m, err := subsidy.ParseMeasure(a.Measure)
	switch {
	case err != nil:
		return "", fault.New(fault.PolicyInvalid, measureField(err))
	case m.ID != c.cmd.Subject || !nameForm.MatchString(m.ID):
		return "", fault.New(fault.PolicyInvalid, "/measure/id")
	case m.Status != subsidy.Draft:
		return "", fault.New(fault.PolicyInvalid, "/measure/status")
	case m.Policy == CreditPolicy || !nameForm.MatchString(m.Policy):
		return "", fault.New(fault.PolicyInvalid, "/measure/policy")
	}
	head, exists, err := recall[MeasureHead](c.layer, MeasureKey(m.ID))
	switch {
	case err != nil:
		return "", err
	case !exists:
		head = MeasureHead{ID: m.ID, Policy: m.Policy, State: MeasureDrafted}
	case !c.row.Leaves(head.State):
		return "", fault.New(fault.WrongState, "")
	}
	if err := c.fits(head, m); err != nil {
		return "", err
	}
	head.Policy, head.Drafted = m.Policy, m.Version
	return head.State, c.storeMeasure(head, m)
}

// fits refuses a draft that is not the next version of the document.
func (c *call) fits(head MeasureHead, m subsidy.Measure) error {
	switch {
	case m.Version != head.Published+1:
		return fault.New(fault.PolicyVersion, "/measure/version")
	case m.Version > maxMeasureVersions:
		return fault.New(fault.TooMany, "/measure/version")
	case head.Published == 0:
		return nil
	}
	last, err := c.measure(m.ID, head.Published)
	switch {
	case err != nil:
		return err
	case m.Policy != last.Policy:
		return fault.New(fault.PolicyInvalid, "/measure/policy")
	case m.Level != last.Level:
		return fault.New(fault.PolicyInvalid, "/measure/level")
	}
	return nil
}

// measureField is the pointer to the field that a fault of a measure names, "/measure" for none.
func measureField(err error) string {
	var field *subsidy.FieldError
	var unread *canon.FieldError
	switch {
	case errors.As(err, &field):
		return "/measure" + field.Pointer()
	case errors.As(err, &unread) && len(unread.Pointer) <= maxPointer:
		return "/measure" + unread.Pointer
	}
	return "/measure"
}

// onMeasure registers a verb on a measure that exists; it stores the version that the verb makes and what follows of it.
func onMeasure[A any](verb string, make func(c *call, head MeasureHead, a A) (MeasureHead, subsidy.Measure, error)) {
	register(measureTable, verb, true, func(c *call, a A) (lifecycle.State, error) {
		if !nameForm.MatchString(c.cmd.Subject) { // with a slash it would name a version
			return "", fault.New(fault.RecordNotFound, "/subject")
		}
		head, exists, err := recall[MeasureHead](c.layer, MeasureKey(c.cmd.Subject))
		switch {
		case err != nil:
			return "", err
		case !exists:
			return "", fault.New(fault.RecordNotFound, "/subject")
		case !c.row.Leaves(head.State):
			return "", fault.New(fault.WrongState, "")
		}
		head, m, err := make(c, head, a)
		if err != nil {
			return "", err
		}
		head.Published, head.Drafted = m.Version, 0
		if err := c.storeMeasure(head, m); err != nil {
			return "", err
		}
		return head.State, c.follow(m)
	})
}

// putInForce makes the draft a version in force. Its signer names what it read, so that no other draft slips in.
func (c *call) putInForce(head MeasureHead, a PutInForceArgs) (MeasureHead, subsidy.Measure, error) {
	if a.Version == 0 || a.Version != head.Drafted {
		return head, subsidy.Measure{}, fault.New(fault.PolicyVersion, "/version")
	}
	m, err := c.measure(head.ID, head.Drafted)
	if err != nil {
		return head, m, err
	}
	raw, err := c.layer.get(MeasureVersionKey(head.ID, head.Drafted))
	switch {
	case err != nil:
		return head, m, err
	case evidence.Commit(raw) != a.Digest:
		return head, m, fault.New(fault.TermsChanged, "/digest")
	case m.Number == "":
		return head, m, fault.New(fault.FieldRequired, "/number") // what has no number is for comments only (征求意见稿)
	case m.Issued.After(c.today()):
		return head, m, fault.New(fault.DateInFuture, "/issued")
	}
	head.State, m.Status = MeasurePublished, subsidy.InForce
	return head, m, nil
}

// repeal makes a version that says from when on the document is no longer in force; those before it stay as they are.
func (c *call) repeal(head MeasureHead, a RepealArgs) (MeasureHead, subsidy.Measure, error) {
	m, err := c.measure(head.ID, head.Published)
	switch {
	case err != nil:
		return head, m, err
	case a.From.IsZero():
		return head, m, fault.New(fault.FieldRequired, "/from")
	case a.By == "" || len(a.By) > 1500:
		return head, m, fault.New(fault.FieldInvalid, "/by")
	}
	m.Version++
	m.Status, m.EffectiveFrom, m.EffectiveTo, m.Repeal = subsidy.Expired, a.From, calendar.Date{}, a.By
	head.State = MeasureRepealed
	return head, m, nil
}

// follow adds the versions of the policy that the measure, as it is now, leads to.
func (c *call) follow(m subsidy.Measure) error {
	measures, err := c.measuresOf(m)
	if err != nil {
		return err
	}
	spans, err := subsidy.Timeline(m.Policy, measures)
	if err != nil {
		return fault.New(fault.PolicyContradiction, "")
	}
	before, err := c.policyVersions(m.Policy)
	if err != nil {
		return err
	}
	for _, p := range subsidy.Successors(before, spans) {
		if err := c.storePolicy(p.ID, p.Version, p); err != nil {
			return err
		}
	}
	return nil
}

// measuresOf returns all published versions of all measures of the policy that the measure is of, and notes the measure among them.
func (c *call) measuresOf(m subsidy.Measure) ([]subsidy.Measure, error) {
	of, _, err := recall[PolicyMeasures](c.layer, PolicyMeasuresKey(m.Policy))
	if err != nil {
		return nil, err
	}
	if !slices.Contains(of.Measures, m.ID) {
		if len(of.Measures) == maxMeasures {
			return nil, fault.New(fault.TooMany, "/policy")
		}
		of.Measures = append(slices.Clone(of.Measures), m.ID)
		if err := c.layer.store(PolicyMeasuresKey(m.Policy), of); err != nil {
			return nil, err
		}
	}
	var all []subsidy.Measure
	for _, id := range of.Measures {
		head, _, err := recall[MeasureHead](c.layer, MeasureKey(id))
		if err != nil {
			return nil, err
		}
		for version := range head.Published {
			v, err := c.measure(id, version+1)
			if err != nil {
				return nil, err
			}
			all = append(all, v)
		}
	}
	return all, nil
}

// policyVersions returns all versions of a subsidy policy.
func (c *call) policyVersions(id string) ([]subsidy.Policy, error) {
	current, ok, err := recall[subsidy.Policy](c.layer, PolicyKey(id))
	if err != nil || !ok {
		return nil, err
	}
	all := make([]subsidy.Policy, current.Version)
	for i := range all {
		if all[i], err = c.subsidyPolicy(PolicyVersionKey(id, i+1)); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (c *call) measure(id string, version int) (subsidy.Measure, error) {
	m, _, err := recall[subsidy.Measure](c.layer, MeasureVersionKey(id, version))
	return m, err
}

func (c *call) storeMeasure(head MeasureHead, m subsidy.Measure) error {
	if err := c.layer.store(MeasureVersionKey(m.ID, m.Version), m); err != nil {
		return err
	}
	return c.layer.store(MeasureKey(head.ID), head)
}
