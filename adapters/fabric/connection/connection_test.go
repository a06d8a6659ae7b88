package connection_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"decore/adapters/fabric/connection"
)

func whole() connection.Connection {
	return connection.Connection{Channel: "decore", Chaincode: "decore", Org: "BankAMSP", Regulator: "BureauMSP",
		Identity: connection.Identity{Certificate: "certificate", Key: "key"},
		Peers:    []connection.Node{{Org: "BankAMSP", Address: "127.0.0.1:1"}, {Org: "BureauMSP", Address: "127.0.0.1:2"}},
		Orderers: []connection.Node{{Org: "OrdererMSP", Address: "127.0.0.1:3"}}}
}

func TestAConnectionFileReadsBackAndIsItsOwnersAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.json")
	if err := whole().Write(path); err != nil {
		t.Fatal(err)
	}
	c, err := connection.Read(path)
	if err != nil || len(c.PeersOf("BankAMSP")) != 1 || c.Identity != whole().Identity {
		t.Fatalf("%+v, %v", c, err)
	}
	for _, mode := range []os.FileMode{0o644, 0o640, 0o604} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := connection.Read(path); err == nil || !strings.Contains(err.Error(), "chmod 600 "+path) {
			t.Errorf("mode %o: %v", mode, err)
		}
	}
}

func TestWhatIsWrongWithAConnectionFileIsSaidWithItsPlace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.json")
	write := func(t *testing.T, raw string) {
		if err := os.WriteFile(path, []byte(raw), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := whole().Write(path); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	good := string(raw)
	for name, test := range map[string]struct{ raw, says string }{
		"cut short":          {good[:len(good)/2], "unexpected EOF"},
		"empty":              {"", "EOF"},
		"an unknown field":   {strings.Replace(good, `"channel"`, `"chanel"`, 1), "chanel"},
		"a number for text":  {strings.Replace(good, `"decore"`, "7", 1), "/channel"},
		"no key":             {strings.Replace(good, `"key": "key"`, `"key": ""`, 1), "identity.key is missing"},
		"no peer of its own": {strings.Replace(good, `"org": "BankAMSP"`, `"org": "BankBMSP"`, 1), "no peer of BankBMSP"},
	} {
		t.Run(name, func(t *testing.T) {
			write(t, test.raw)
			if _, err := connection.Read(path); err == nil || !strings.Contains(err.Error(), test.says) || !strings.Contains(err.Error(), path) {
				t.Errorf("got %v", err)
			}
		})
	}
}
