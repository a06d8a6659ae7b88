package protocol

import (
	"slices"
	"strconv"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"decore/chaincode/contract"
)

func TestAnswerKeepsWhatAnOutcomesJSONLeavesOut(t *testing.T) {
	out := contract.Outcome{Results: []contract.Result{
		{Command: "a", Status: contract.Accepted, Repeated: true}, {Command: "b", Status: contract.Refused}, {Command: "c", Status: contract.Accepted, Repeated: true},
	}}
	raw, err := json.Marshal(NewAnswer(out))
	if err != nil {
		t.Fatal(err)
	}
	var read Answer
	if err := json.Unmarshal(raw, &read); err != nil {
		t.Fatal(err)
	}
	got, err := read.Restore()
	if err != nil || !slices.EqualFunc(got.Results, out.Results, contract.Result.Equal) {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestAnswerThatNamesNoResultIsRefused(t *testing.T) {
	for _, i := range []int{-1, 1} {
		a := Answer{Outcome: contract.Outcome{Results: make([]contract.Result, 1)}, Repeated: []int{i}}
		if _, err := a.Restore(); err == nil {
			t.Errorf("result %d was found", i)
		}
	}
}

func TestBatchesComeBackAsTheyWere(t *testing.T) {
	for name, b := range map[string]contract.Batch{
		"commands alone": {Commands: []string{"one", `"two"`}},
		"openings":       {Commands: []string{"one"}, Openings: []jsontext.Value{[]byte(`{"a":"<é>"}`), []byte(`{"b":[1,2]}`)}},
	} {
		t.Run(name, func(t *testing.T) {
			commands, err := MarshalCommands(b.Commands)
			if err != nil {
				t.Fatal(err)
			}
			got, err := UnmarshalBatch(commands, MarshalOpenings(b.Openings))
			if err != nil || !slices.Equal(got.Commands, b.Commands) {
				t.Errorf("got %v, %v", got, err)
			}
			same := func(a, b jsontext.Value) bool { return string(a) == string(b) }
			if !slices.EqualFunc(got.Openings, b.Openings, same) {
				t.Errorf("openings %s", got.Openings)
			}
		})
	}
	for name, bad := range map[string][2]string{"commands": {`{}`, `[]`}, "openings": {`[]`, `[{]`}} {
		t.Run("bad "+name+" are refused", func(t *testing.T) {
			if _, err := UnmarshalBatch([]byte(bad[0]), []byte(bad[1])); err == nil {
				t.Error("read")
			}
		})
	}
}

func TestCollectionsNameTheirOrganisation(t *testing.T) {
	if org, ok := CollectionOrg(Collection("BankAMSP")); !ok || org != "BankAMSP" {
		t.Errorf("got %q %v", org, ok)
	}
	for _, other := range []string{"", "shared", "org-"} {
		if org, ok := CollectionOrg(other); ok {
			t.Errorf("%q is of %q", other, org)
		}
	}
}

func TestChunksHoldEveryKeyOnce(t *testing.T) {
	keys := make([]string, 2*MaxItems+1)
	for i := range keys {
		keys[i] = strconv.Itoa(i)
	}
	chunks := Chunks(keys)
	if len(chunks) != 3 || !slices.Equal(slices.Concat(chunks...), keys) {
		t.Errorf("%d chunks", len(chunks))
	}
}
