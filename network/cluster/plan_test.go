package cluster

import (
	"bytes"
	"encoding/json"
	"errors"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// planned is the plan of a network that is not started.
func planned(t *testing.T, o Options) *plan {
	t.Helper()
	p, err := newPlan(o.withDefaults())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAPlanNamesEveryNodeAndGivesEachItsOwnAddress(t *testing.T) {
	p := planned(t, Options{Orgs: []string{"bureau", "bankA"}, Orderers: 3})
	var names, addresses []string
	for _, n := range p.Nodes {
		names = append(names, n.Name)
		addresses = append(addresses, n.addresses()...)
	}
	want := []string{
		"orderer1", "orderer2", "orderer3", "peer.BureauMSP", "peer.BankAMSP", "chaincode.BureauMSP", "chaincode.BankAMSP",
	}
	if !slices.Equal(names, want) {
		t.Errorf("got %v", names)
	}
	slices.Sort(addresses)
	if len(slices.Compact(addresses)) != 3*3+2*2+2 {
		t.Errorf("addresses %v", addresses)
	}
}

func TestThePolicyNeedsTheBureauAndAnother(t *testing.T) {
	got := endorsement([]string{"PlatformMSP", "BureauMSP", "BankAMSP"})
	if want := "AND('BureauMSP.peer', OR('PlatformMSP.peer', 'BankAMSP.peer'))"; got != want {
		t.Errorf("got %s", got)
	}
}

func TestABusyPortIsOneClearSentence(t *testing.T) {
	l, err := net.Listen("tcp", host+":0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	first, _ := strconv.Atoi(port)
	_, err = newPlan(Options{Port: first}.withDefaults())
	var busy *BusyError
	if !errors.As(err, &busy) || busy.Node != "orderer1" || !strings.Contains(err.Error(), "another program listens there") {
		t.Errorf("got %v", err)
	}
	if err := checkPorts(Node{Name: "orderer1", Address: l.Addr().String()}); !errors.As(err, &busy) {
		t.Errorf("got %v", err)
	}
}

func TestAFurtherOrganisationWidensThePolicyAtTheNextSequence(t *testing.T) {
	p := planned(t, Options{Orgs: []string{"bureau", "bankA"}})
	p.Chaincodes[0].Definitions[0].Committed = true
	if err := p.addOrg("BankCMSP"); err != nil {
		t.Fatal(err)
	}
	d := p.Chaincodes[0].Definitions[0]
	if d.Sequence != 2 || d.Committed || d.Policy != "AND('BureauMSP.peer', OR('BankAMSP.peer', 'BankCMSP.peer'))" {
		t.Errorf("got %+v", d)
	}
	for _, name := range []string{"peer.BankCMSP", "chaincode.BankCMSP"} {
		if _, err := p.node(name); err != nil {
			t.Error(err)
		}
	}
	if p.Orgs[2].Founder || p.Orgs[2].Member {
		t.Errorf("it is in the genesis block: %+v", p.Orgs[2])
	}
}

func TestAnOrganisationThatIsGivenUpLeavesThePlanAsItWas(t *testing.T) {
	p := planned(t, Options{Orgs: []string{"bureau", "bankA"}})
	p.Chaincodes[0].Definitions[0].Committed = true
	before, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.addOrg("BankCMSP"); err != nil {
		t.Fatal(err)
	}
	if p.settled() {
		t.Error("an organisation that is to come is there already")
	}
	p.dropOrg("BankCMSP")
	if after, _ := json.Marshal(p); !bytes.Equal(after, before) {
		t.Errorf("got %s\nwant %s", after, before)
	}
}

func TestOptionsThatAskForAnotherNetwork(t *testing.T) {
	p := planned(t, Options{Orgs: []string{"bureau", "bankA"}})
	if err := p.addOrg("BankCMSP"); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		o    Options
		says string
	}{
		"nothing asked":          {Options{}, ""},
		"the founders":           {Options{Orgs: []string{"bureau", "bankA"}}, ""},
		"all that are there":     {Options{Orgs: []string{"bureau", "bankA", "bankC"}}, ""},
		"the same batch timeout": {Options{BatchTimeout: 50 * time.Millisecond, Orderers: 1}, ""},
		"others":                 {Options{Orgs: []string{"bureau", "bankB"}}, "organisations"},
		"more orderers":          {Options{Orderers: 3}, "orderers"},
		"SmartBFT":               {Options{BFT: true}, "SmartBFT"},
		"another batch timeout":  {Options{BatchTimeout: time.Second}, "batch timeout"},
		"another port":           {Options{Port: 18000}, "port"},
		"a demonstration":        {Options{Demonstration: true}, "demonstration"},
	} {
		t.Run(name, func(t *testing.T) {
			err := p.agrees(test.o)
			if test.says == "" && err != nil {
				t.Error(err)
			}
			if test.says != "" && (!errors.Is(err, ErrOptions) || !strings.Contains(err.Error(), test.says)) {
				t.Errorf("got %v, want one that says %q", err, test.says)
			}
		})
	}
}

func TestAPlanIsReadAsItWasSaved(t *testing.T) {
	dir := t.TempDir()
	if _, err := readPlan(dir); !errors.Is(err, ErrNoNetwork) {
		t.Errorf("an empty folder: %v", err)
	}
	p := planned(t, Options{Orgs: []string{"bureau", "bankA"}})
	if err := p.save(dir); err != nil {
		t.Fatal(err)
	}
	got, err := readPlan(dir)
	if err != nil || len(got.Nodes) != len(p.Nodes) || got.BatchTimeout != p.BatchTimeout {
		t.Errorf("got %+v, %v", got, err)
	}
}
