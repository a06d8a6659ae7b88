package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

// Logs writes what a node has logged, and with follow what it goes on to log until the context ends.
func (n *Network) Logs(ctx context.Context, w io.Writer, name string, follow bool) error {
	if _, err := n.plan().node(name); err != nil {
		return err
	}
	f, err := os.Open(n.log(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // it has never started
	}
	if err != nil {
		return fmt.Errorf("log of %s: %w", name, err)
	}
	defer func() { _ = f.Close() }()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		if _, err := io.Copy(w, f); err != nil {
			return fmt.Errorf("log of %s: %w", name, err)
		}
		if !follow {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
