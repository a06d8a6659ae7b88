package projection_test

import (
	"flag"
	"os"
	"testing"
)

// A random history costs a second under the race detector, so fewer are tried than rapid would; -rapid.checks asks for more.
func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", "6"); err != nil {
		panic(err)
	}
	flag.Parse()
	os.Exit(m.Run())
}
