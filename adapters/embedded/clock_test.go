package embedded

import (
	"errors"
	"testing"
	"time"

	"decore/adapters/ledger"
)

func TestClock(t *testing.T) {
	start := time.Date(2026, 3, 1, 8, 0, 0, 123456789, time.FixedZone("CST", 8*3600))
	clock := start
	opts := options(t.TempDir())
	opts.Name = "qingdao"
	opts.Clock = func() time.Time { return clock }
	e := open(t, opts)
	t.Run("times are UTC milliseconds", func(t *testing.T) {
		c := submit(t, e, batch("a", put("k", "1")))
		if want := time.Date(2026, 3, 1, 0, 0, 0, 123e6, time.UTC); c.Time != want || e.Now() != want {
			t.Errorf("got %v and %v, want %v", c.Time, e.Now(), want)
		}
	})
	t.Run("a clock that is set back does not go back", func(t *testing.T) {
		clock = start.Add(-time.Hour)
		before := e.Now()
		if c := submit(t, e, batch("b", put("k", "2"))); c.Time != before {
			t.Errorf("got %v, want %v", c.Time, before)
		}
		clock = start
	})
	t.Run("a new ledger proves its times", func(t *testing.T) {
		if info := e.Info(); info.Demonstration || info.ClockOffset != 0 || info.Name != "qingdao" {
			t.Errorf("info %+v", info)
		}
	})
	t.Run("it can be advanced, which marks the ledger", func(t *testing.T) {
		if err := errors.Join(e.AdvanceClock(t.Context(), 24*time.Hour), e.AdvanceClock(t.Context(), time.Hour)); err != nil {
			t.Fatal(err)
		}
		want := start.Add(25 * time.Hour).UTC().Truncate(time.Millisecond)
		if c := submit(t, e, batch("c", put("k", "3"))); c.Time != want {
			t.Errorf("got %v, want %v", c.Time, want)
		}
		if info := e.Info(); !info.Demonstration || info.ClockOffset != 25*time.Hour {
			t.Errorf("info %+v", info)
		}
	})
	t.Run("it never is advanced backwards or out of reach", func(t *testing.T) {
		for _, d := range []time.Duration{-1, maxClockOffset, 1<<63 - 1} {
			if err := e.AdvanceClock(t.Context(), d); err == nil {
				t.Errorf("advanced by %v", d)
			}
		}
	})
	t.Run("the offset outlives a restart", func(t *testing.T) {
		closeIt(t, e)
		opts.Name = ""
		e = open(t, opts)
		want := start.Add(25 * time.Hour).UTC().Truncate(time.Millisecond)
		if info := e.Info(); e.Now() != want || !info.Demonstration || info.Name != "qingdao" {
			t.Errorf("now %v, want %v; info %+v", e.Now(), want, info)
		}
		verify(t, e)
	})
	t.Run("another name is refused", func(t *testing.T) {
		closeIt(t, e)
		opts.Name = "jinan"
		if _, err := Open(opts); !errors.Is(err, ledger.ErrUnavailable) {
			t.Errorf("got %v, want ErrUnavailable", err)
		}
	})
}

func TestOptions(t *testing.T) {
	good := options(t.TempDir())
	for name, spoil := range map[string]func(*Options){
		"no folder":                     func(o *Options) { o.Dir = "" },
		"no contract":                   func(o *Options) { o.Run = nil },
		"no organisation":               func(o *Options) { o.Orgs = nil },
		"an empty organisation":         func(o *Options) { o.Orgs = []string{""} },
		"an organisation not in UTF-8":  func(o *Options) { o.Orgs = []string{"a\xff"} },
		"a client of no organisation":   func(o *Options) { o.CallerOrg = "NobodyMSP" },
		"a folder that cannot be a one": func(o *Options) { o.Dir = "/dev/null/ledger" },
	} {
		t.Run(name+" is refused", func(t *testing.T) {
			bad := good
			spoil(&bad)
			if _, err := Open(bad); err == nil {
				t.Error("opened")
			}
		})
	}
}
