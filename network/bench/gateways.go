package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// gateway is a gateway process.
type gateway struct {
	cmd *exec.Cmd
	url string
}

// Bounds of a gateway's start and stop.
const (
	gatewayStart = 60 * time.Second
	gatewayStop  = 20 * time.Second
)

// startGateway starts `gateway serve` and returns when it serves.
func startGateway(ctx context.Context, program, data, log string, args ...string) (*gateway, error) {
	file, err := os.OpenFile(log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600) // #nosec G304 -- of the bench's own folder
	if err != nil {
		return nil, fmt.Errorf("gateway: %w", err)
	}
	defer func() { _ = file.Close() }()
	args = append([]string{"serve", "--data", data, "--listen", "127.0.0.1:0"}, args...)
	cmd := exec.CommandContext(context.WithoutCancel(ctx), program, args...) // #nosec G204 -- the gateway's program
	cmd.Stderr = file
	said, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return nil, fmt.Errorf("gateway: %w", err)
	}
	g := &gateway{cmd: cmd}
	if g.url, err = awaitURL(ctx, said); err != nil {
		return nil, errors.Join(fmt.Errorf("gateway in %s: %w; its log is %s", filepath.Base(data), err, log), g.stop())
	}
	return g, nil
}

var errNoURL = errors.New("it ended or did not say where it serves")

// awaitURL reads what a gateway says until it names its address, and lets it say the rest to nobody.
func awaitURL(ctx context.Context, said io.Reader) (string, error) {
	found := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(said)
		for lines.Scan() {
			if _, rest, ok := strings.Cut(lines.Text(), " at http://"); ok {
				address, _, _ := strings.Cut(rest, " ")
				found <- "http://" + address
				break
			}
		}
		close(found)
		_, _ = io.Copy(io.Discard, said) // ends with the process
	}()
	ctx, cancel := context.WithTimeout(ctx, gatewayStart)
	defer cancel()
	select {
	case url := <-found:
		if url == "" {
			return "", errNoURL
		}
		return url, nil
	case <-ctx.Done():
		return "", errors.Join(errNoURL, ctx.Err())
	}
}

// stop ends the process, by force if it must be. A gateway that is stopped already stays so.
func (g *gateway) stop() error {
	if g == nil || g.cmd.ProcessState != nil {
		return nil
	}
	if err := g.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop a gateway: %w", err)
	}
	kill := time.AfterFunc(gatewayStop, func() { _ = g.cmd.Process.Kill() })
	defer kill.Stop()
	var exit *exec.ExitError
	if err := g.cmd.Wait(); err != nil && !errors.As(err, &exit) {
		return fmt.Errorf("stop a gateway: %w", err)
	}
	return nil
}
