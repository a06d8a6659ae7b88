package cluster

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestAnOrganisationsMSPID(t *testing.T) {
	for name, want := range map[string]string{
		"platform": "PlatformMSP", "leader": "LeaderMSP", "bankA": "BankAMSP", "bankB": "BankBMSP", "bureau": "BureauMSP",
		"BankC": "BankCMSP", "BankAMSP": "BankAMSP", "": "",
	} {
		if got := MSPID(name); got != want {
			t.Errorf("MSPID(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestOptionsThatMakeNoNetwork(t *testing.T) {
	for name, test := range map[string]struct {
		o    Options
		says string
	}{
		"without the bureau":            {Options{Orgs: []string{"bankA", "bankB"}}, "finance bureau"},
		"the bureau alone":              {Options{Orgs: []string{"bureau"}}, "at least one other"},
		"a name that leaves the folder": {Options{Orgs: []string{"bureau", "../x"}}, "no name"},
		"a name that breaks a policy":   {Options{Orgs: []string{"bureau", "a'b"}}, "no name"},
		"one name twice":                {Options{Orgs: []string{"bureau", "bankA", "BankA"}}, "two organisations"},
		"two names but for their case":  {Options{Orgs: []string{"bureau", "bankA", "BANKA"}}, "by case alone"},
		"the bureau in another case":    {Options{Orgs: []string{"BUREAU", "bankA"}}, "finance bureau"},
		"the orderers' MSP ID":          {Options{Orgs: []string{"bureau", "ordererMSP"}}, "the orderers' organisation"},
		"the name of the orderers":      {Options{Orgs: []string{"bureau", "orderer"}}, "the orderers' organisation"},
		"two orderers by raft":          {Options{Orderers: 2}, "1 or 3"},
		"three orderers by SmartBFT":    {Options{Orderers: 3, BFT: true}, "4 orderers"},
		"a batch timeout below zero":    {Options{BatchTimeout: -time.Second}, "too short"},
		"a port that does not exist":    {Options{Port: 70000}, "no port"},
	} {
		t.Run(name, func(t *testing.T) {
			err := test.o.withDefaults().validate()
			if !errors.Is(err, ErrOptions) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v, want an error of options that says %q", err, test.says)
			}
		})
	}
}

func TestOptionsOfWhichNothingIsSaid(t *testing.T) {
	o := Options{}.withDefaults()
	if err := o.validate(); err != nil {
		t.Fatal(err)
	}
	if len(o.Orgs) != 5 || o.Orderers != 1 || o.BatchTimeout != 50*time.Millisecond {
		t.Errorf("got %+v", o)
	}
	if bft := (Options{BFT: true}).withDefaults(); bft.Orderers != 4 || bft.validate() != nil {
		t.Errorf("got %+v", bft)
	}
}
