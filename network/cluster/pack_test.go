package cluster

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestOneLabelMakesOnePackage(t *testing.T) {
	first, err := pack("decore")
	if err != nil {
		t.Fatal(err)
	}
	second, err := pack("decore")
	if err != nil || !bytes.Equal(first, second) {
		t.Errorf("the second differs, %v", err)
	}
	other, err := pack("suite")
	if err != nil || packageID("suite", other) == packageID("suite", first) {
		t.Errorf("another label makes the same package, %v", err)
	}
	if id := packageID("decore", first); !strings.HasPrefix(id, "decore:") || len(id) != len("decore:")+64 {
		t.Errorf("ID %q", id)
	}
}

func TestALabelThatFabricWouldRefuse(t *testing.T) {
	for _, name := range []string{"", "a/b", `a"b`, "-a", strings.Repeat("a", 100)} {
		if _, err := pack(name); !errors.Is(err, ErrOptions) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// builder runs one of the builder's executables as a peer does.
func builder(t *testing.T, n *Network, name string, services string, args ...string) error {
	t.Helper()
	cmd := exec.Command(filepath.Join(n.builderDir(), "bin", name), args...)
	cmd.Env = append(os.Environ(), "DECORE_SERVICES="+services)
	out, err := cmd.CombinedOutput()
	t.Logf("%s: %s", name, out)
	return err
}

func TestTheBuilderHandsThePeerItsOwnService(t *testing.T) {
	n := issued(t)
	if err := n.writeBuilder(); err != nil {
		t.Fatal(err)
	}
	service, err := n.plan().node("chaincode.BankAMSP")
	if err != nil {
		t.Fatal(err)
	}
	if err := n.connectTo(service); err != nil {
		t.Fatal(err)
	}
	source, metadata, output, release := t.TempDir(), t.TempDir(), t.TempDir(), t.TempDir()
	describe := func(content string) {
		if err := os.WriteFile(filepath.Join(metadata, "metadata.json"), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	services := n.servicesDir("BankAMSP")
	describe(`{"label":"decore","type":"golang"}`)
	if builder(t, n, "detect", services, source, metadata) == nil {
		t.Error("detects chaincode that is no service")
	}
	describe(`{"label":"unknown","type":"ccaas"}`)
	if builder(t, n, "build", services, source, metadata, output) == nil {
		t.Error("builds what no service is called")
	}
	describe(`{"label":"decore","type":"ccaas"}`)
	for _, step := range [][]string{{"detect", source, metadata}, {"build", source, metadata, output}, {"release", output, release}} {
		if err := builder(t, n, step[0], services, step[1:]...); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(filepath.Join(release, "chaincode", "server", "connection.json"))
	if err != nil || !bytes.Contains(got, []byte(service.Address)) || !bytes.Contains(got, []byte(`"client_auth_required":true`)) {
		t.Errorf("got %s, %v", got, err)
	}
}
