package cli

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// countEvery is how many of a count make a line where no line can be drawn anew.
const countEvery = 100

// progress prints the steps of a command with the time since its start.
type progress struct {
	w       io.Writer
	redraw  bool
	started time.Time

	mu      sync.Mutex
	counted bool   // the cursor is behind a count
	last    string // the newest line without its time
}

func newProgress(w io.Writer) *progress {
	return &progress{w: w, redraw: terminal(w), started: time.Now()}
}

// tell prints a step, or how far something that is counted has come.
func (p *progress) tell(step string, count int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	redrawn := count > 0 && p.redraw
	if count > 0 {
		if !p.redraw && count%countEvery != 0 {
			return
		}
		step = fmt.Sprintf("%s: %d packages", step, count)
	}
	if step == p.last {
		return // told by two who do the same
	}
	p.clear()
	_, _ = fmt.Fprintf(p.w, "%6.1f s  %s", time.Since(p.started).Seconds(), step)
	if !redrawn {
		_, _ = fmt.Fprintln(p.w)
	}
	p.last, p.counted = step, redrawn
}

// step prints a step in the manner of fmt.Printf.
func (p *progress) step(format string, a ...any) { p.tell(fmt.Sprintf(format, a...), 0) }

// clear takes a count off the terminal.
func (p *progress) clear() {
	if p.counted {
		_, _ = fmt.Fprint(p.w, "\r\x1b[K")
		p.counted = false
	}
}
