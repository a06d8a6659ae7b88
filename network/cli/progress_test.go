package cli

import (
	"bytes"
	"regexp"
	"testing"
)

func TestAStepIsPrintedOnce(t *testing.T) {
	type step struct {
		name  string
		count int
	}
	for name, test := range map[string]struct {
		redraw bool
		steps  []step
		want   string
	}{
		"to a file": {false, []step{{"build", 0}, {"build", 0}, {"compiling", 1}, {"compiling", 100}, {"compiling", 100}, {"done", 0}},
			"build\ncompiling: 100 packages\ndone\n"},
		"to a terminal": {true, []step{{"build", 0}, {"compiling", 1}, {"compiling", 2}, {"done", 0}, {"done", 0}},
			"build\ncompiling: 1 packages\r\x1b[Kcompiling: 2 packages\r\x1b[Kdone\n"},
		"twice, apart": {false, []step{{"build", 0}, {"run", 0}, {"build", 0}}, "build\nrun\nbuild\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			p := newProgress(&out)
			p.redraw = test.redraw
			for _, s := range test.steps {
				p.tell(s.name, s.count)
			}
			if got := regexp.MustCompile(` +[0-9.]+ s  `).ReplaceAllString(out.String(), ""); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
