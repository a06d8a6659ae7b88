package connection_test

import (
	"encoding/pem"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"decore/adapters/fabric/connection"
)

// whole is a connection of which nothing is missing.
func whole(t *testing.T) connection.Connection {
	t.Helper()
	s := httptest.NewUnstartedServer(nil)
	s.StartTLS()
	defer s.Close()
	root := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}))
	key := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("key")}))
	return connection.Connection{Channel: "decore", Chaincode: "decore", Org: "BankAMSP", Regulator: "BureauMSP",
		Identity: connection.Identity{Certificate: root, Key: key},
		Peers:    []connection.Node{{Org: "BankAMSP", Address: "127.0.0.1:1", TLSRoots: root}, {Org: "BureauMSP", Address: "127.0.0.1:2", TLSRoots: root}},
		Orderers: []connection.Node{{Org: "OrdererMSP", Address: "127.0.0.1:3", TLSRoots: root}}}
}

func TestAConnectionFileReadsBackAndIsItsOwnersAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.json")
	want := whole(t)
	if err := want.Write(path); err != nil {
		t.Fatal(err)
	}
	c, err := connection.Read(path)
	if err != nil || len(c.PeersOf("BankAMSP")) != 1 || c.Identity != want.Identity {
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
	if err := want.Write(path); err != nil {
		t.Fatal(err)
	}
	if _, err := connection.Read(path); err != nil {
		t.Errorf("written anew: %v", err)
	}
}

func TestWhatIsWrongWithAConnectionFileIsSaidWithItsPlace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.json")
	write := func(t *testing.T, raw string) {
		if err := os.WriteFile(path, []byte(raw), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := whole(t).Write(path); err != nil {
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
		"no key":             {regexp.MustCompile(`"key": ".*"`).ReplaceAllString(good, `"key": ""`), "identity.key is missing"},
		"a key cut short":    {regexp.MustCompile(`("key": ".*)-----END.*"`).ReplaceAllString(good, `$1"`), "identity.key is not in PEM"},
		"an address cut":     {strings.Replace(good, "127.0.0.1:2", "127.0.0.1", 1), "peers[1].address"},
		"a root cut short":   {regexp.MustCompile(`(127.0.0.1:3",\s*"tlsRoots": ").*"`).ReplaceAllString(good, `$1"`), "orderers[0].tlsRoots"},
		"no peer of its own": {strings.Replace(good, `"org": "BankAMSP"`, `"org": "BankBMSP"`, 1), "no peer of BankBMSP"},
	} {
		t.Run(name, func(t *testing.T) {
			write(t, test.raw)
			_, err := connection.Read(path)
			if err == nil || !strings.Contains(err.Error(), test.says) || !strings.Contains(err.Error(), path+":") ||
				!strings.Contains(err.Error(), "`network up` writes it anew") {
				t.Errorf("got %v", err)
			}
		})
	}
}
