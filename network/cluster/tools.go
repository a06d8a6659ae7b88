package cluster

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// ToolsEnv names a folder with the Fabric tools; what is missing there is built into it.
const ToolsEnv = "DECORE_FABRIC_TOOLS"

// The Fabric tools, see network/tools.mod.
var toolNames = []string{"configtxgen", "configtxlator", "orderer", "peer"}

// ErrNoSource is the error of a program that is far from its source and must build something.
var ErrNoSource = errors.New("the source of decore is not where this program was built from")

// ensureTools builds the Fabric tools that are not there. Nobody builds them twice, and a build cut short
// leaves nothing.
func ensureTools(ctx context.Context, o Options) error {
	dir, err := toolsFolder()
	if err != nil || len(missingTools(dir)) == 0 {
		return err
	}
	unlock, err := lock(ctx, dir, o.step)
	if err != nil {
		return fmt.Errorf("fabric tools: %w", err)
	}
	defer unlock()
	if missing := missingTools(dir); len(missing) > 0 {
		return buildTools(ctx, o, dir, missing)
	}
	return nil
}

// toolsFolder is where the tools of this version belong.
func toolsFolder() (string, error) {
	if dir := os.Getenv(ToolsEnv); dir != "" {
		return dir, nil
	}
	source, err := sourceDir()
	if err != nil {
		return "", fmt.Errorf("%w; set %s to a folder with %s", err, ToolsEnv, strings.Join(toolNames, ", "))
	}
	mod, err := os.ReadFile(filepath.Join(source, "network", "tools.mod")) // #nosec G304 -- a file of the source
	if err != nil {
		return "", fmt.Errorf("fabric tools: %w", err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("fabric tools: %w", err)
	}
	hash := sha256.Sum256(mod)
	return filepath.Join(cache, "decore", "fabric-"+hex.EncodeToString(hash[:6])), nil
}

// sourceDir is the module's folder, found by where this file was when the program was built.
func sourceDir() (string, error) {
	_, file, _, _ := runtime.Caller(0)
	dir := filepath.Dir(filepath.Dir(filepath.Dir(file)))
	if !exists(filepath.Join(dir, "network", "tools.mod")) {
		return "", ErrNoSource
	}
	return dir, nil
}

func missingTools(dir string) []string {
	return slices.DeleteFunc(slices.Clone(toolNames), func(name string) bool { return exists(filepath.Join(dir, name)) })
}

// buildTools builds into a folder beside and moves the tools that are missing.
func buildTools(ctx context.Context, o Options, dir string, missing []string) error {
	source, err := sourceDir()
	if err != nil {
		return fmt.Errorf("%s has no %s, and cannot be completed: %w", dir, strings.Join(missing, ", "), err)
	}
	part, err := os.MkdirTemp(dir, "part-")
	if err != nil {
		return fmt.Errorf("fabric tools: %w", err)
	}
	defer func() { _ = os.RemoveAll(part) }()
	o.step("building the Fabric tools into %s, once (about two minutes)", dir)
	if err := goBuild(ctx, o, "the Fabric tools", source, "-modfile=network/tools.mod", "-o", part+string(filepath.Separator), "tool"); err != nil {
		return err
	}
	for _, name := range missing {
		if err := os.Rename(filepath.Join(part, name), filepath.Join(dir, name)); err != nil {
			return fmt.Errorf("fabric tools: %w", err)
		}
	}
	return nil
}

// buildChaincode builds the contract's chaincode from source.
func buildChaincode(ctx context.Context, o Options, file string) error {
	err := Build(ctx, o, "the chaincode", "./chaincode", file)
	if errors.Is(err, ErrNoSource) {
		return fmt.Errorf("%w; name a built chaincode with --chaincode", err)
	}
	return err
}

// Build builds a program of this module from source, whole or not at all; what names it to people.
func Build(ctx context.Context, o Options, what, pkg, file string) error {
	source, err := sourceDir()
	if err != nil {
		return err
	}
	part := file + ".part"
	if err := goBuild(ctx, o, what, source, "-o", part, pkg); err != nil {
		return err
	}
	if err := os.Rename(part, file); err != nil {
		return fmt.Errorf("build %s: %w", what, err)
	}
	return nil
}

// canBuild says whether there are the source and the go command.
func canBuild() bool {
	_, sourceErr := sourceDir()
	_, goErr := exec.LookPath("go")
	return sourceErr == nil && goErr == nil
}

// goBuild builds something and counts the packages that it compiles.
func goBuild(ctx context.Context, o Options, what, dir string, args ...string) error {
	program, err := exec.LookPath("go")
	if err != nil {
		return fmt.Errorf("%s must be built, and there is no go command on the PATH", what)
	}
	cmd := exec.CommandContext(ctx, program, append([]string{"build", "-v"}, args...)...) // #nosec G204 -- the go command
	cmd.Dir = dir
	said, err := cmd.StderrPipe()
	if err != nil {
		return fmt.Errorf("build %s: %w", what, err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("build %s: %w", what, err)
	}
	output := countLines(said, func(n int) {
		if o.Progress != nil {
			o.Progress("compiling "+what, n)
		}
	})
	if err := cmd.Wait(); err != nil {
		return &ToolError{"build " + what, output, err}
	}
	return nil
}

// countLines reads to the end, telling the count of lines, and returns the last ones.
func countLines(r io.Reader, tell func(int)) string {
	var tail [][]byte
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		tell(n)
		tail = append(tail[max(0, len(tail)-19):], bytes.Clone(lines.Bytes()))
	}
	_, _ = io.Copy(io.Discard, r) // a line too long ends the scan, and must not end the program
	return string(bytes.Join(tail, []byte("\n")))
}
