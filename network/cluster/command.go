package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"regexp"
	"strings"
)

// ToolError is the error of a program that was run and failed.
type ToolError struct {
	Command string // what was to be done
	Output  string // what the program said
	Err     error
}

func (e *ToolError) Error() string { return e.Command + ": " + e.reason() }

func (e *ToolError) Unwrap() error { return e.Err }

// reason is the line that says why: the last one that speaks of an error, or the last of all.
func (e *ToolError) reason() string {
	lines := strings.Split(strings.TrimSpace(e.Output), "\n")
	for i := len(lines) - 1; i >= 0; i-- {
		if strings.Contains(strings.ToLower(lines[i]), "error") {
			return strings.TrimSpace(lines[i])
		}
	}
	if last := strings.TrimSpace(lines[len(lines)-1]); last != "" {
		return last
	}
	return e.Err.Error()
}

// command is a program to be run to its end.
type command struct {
	what    string // for the error
	program string
	args    []string
	env     []string // besides that of baseEnv
	dir     string
}

// run runs the command and returns its standard output.
func (c command) run(ctx context.Context) ([]byte, error) {
	cmd := exec.CommandContext(ctx, c.program, c.args...) // #nosec G204 -- programs of the network's own
	cmd.Env, cmd.Dir = append(baseEnv(), c.env...), c.dir
	var out, all bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &all
	if err := cmd.Run(); err != nil {
		if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s: the program %s is missing", c.what, c.program)
		}
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return nil, &ToolError{c.what, plain(all.String() + out.String()), err}
	}
	return out.Bytes(), nil
}

var colours = regexp.MustCompile("\x1b\\[[0-9;]*m")

// plain is text without its colours.
func plain(text string) string { return colours.ReplaceAllString(text, "") }

// baseEnv is the environment of every program: nothing of the caller's that could change what a node does.
func baseEnv() []string {
	var env []string
	for _, key := range []string{"PATH", "HOME", "TMPDIR", "LANG", "FABRIC_LOGGING_SPEC", "GOGC", "GOMAXPROCS"} {
		if v, ok := os.LookupEnv(key); ok {
			env = append(env, key+"="+v)
		}
	}
	return env
}
