package cluster

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestToolsThatAreThereAreUsedAsTheyAre(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(ToolsEnv, dir)
	t.Setenv("PATH", "") // so that nothing can be built
	for _, name := range toolNames {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := ensureTools(t.Context(), Options{}); err != nil {
		t.Error(err)
	}
}

func TestToolsThatCannotBeBuiltAreOneClearSentence(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(ToolsEnv, dir)
	t.Setenv("PATH", "")
	err := ensureTools(t.Context(), Options{})
	if err == nil || !strings.Contains(err.Error(), "no go command on the PATH") || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v", err)
	}
	if missing := missingTools(dir); len(missing) != len(toolNames) {
		t.Errorf("a failed build left %d tools missing", len(missing))
	}
	if parts, _ := filepath.Glob(filepath.Join(dir, "part-*")); len(parts) != 0 {
		t.Errorf("left over: %v", parts)
	}
}

func TestToolsOfOneVersionShareAFolder(t *testing.T) {
	t.Setenv(ToolsEnv, "")
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	first, err := toolsFolder()
	if err != nil || !strings.HasPrefix(first, os.Getenv("XDG_CACHE_HOME")) {
		t.Fatalf("%s, %v", first, err)
	}
	if second, _ := toolsFolder(); second != first {
		t.Errorf("%s, then %s", first, second)
	}
}

func TestAFailedToolSaysWhyInOneLine(t *testing.T) {
	for output, want := range map[string]string{
		"noise\nError: no such channel\nUsage: peer …": "join: Error: no such channel",
		"only\nlast words\n":                           "join: last words",
		"":                                             "join: exit status 1",
	} {
		err := &ToolError{"join", output, errors.New("exit status 1")}
		if got := err.Error(); got != want {
			t.Errorf("%q says %q, want %q", output, got, want)
		}
	}
}

func TestAMissingProgramIsOneClearSentence(t *testing.T) {
	_, err := command{what: "join", program: filepath.Join(t.TempDir(), "peer")}.run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "is missing") {
		t.Errorf("got %v", err)
	}
}
