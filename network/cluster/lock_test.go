package cluster

import (
	"context"
	"errors"
	"strings"
	"testing"
)

func TestAFolderIsKeptForOneAtATime(t *testing.T) {
	dir := t.TempDir()
	silent := func(string, ...any) {}
	unlock, err := lock(t.Context(), dir, silent)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	told := 0
	_, err = lock(ctx, dir, func(format string, _ ...any) {
		told++
		if !strings.Contains(format, "waiting") {
			t.Errorf("told %q", format)
		}
		cancel()
	})
	if !errors.Is(err, context.Canceled) || told != 1 {
		t.Errorf("the second got %v and was told %d times", err, told)
	}
	unlock()
	again, err := lock(t.Context(), dir, silent)
	if err != nil {
		t.Fatal(err)
	}
	again()
}
